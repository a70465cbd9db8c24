import { readTime } from './read-time';

/**
 * A time in the future, as readTime() reads it; null for anything else.
 * @param after ms since 1970 that it must lie behind; the present unless told otherwise
 */
export function readFutureTime(value: unknown, after = Date.now()): Date | null {
  const time = readTime(value);
  return time !== null && time.getTime() > after ? time : null;
}
