import { hash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

/** Compares in a time that tells nothing of where, or whether in length, the two differ. */
export function sameSecret(given: string, expected: string): boolean {
  return secretMatcher(expected)(given);
}

/** The same, for one secret that is compared with over and over. */
export function secretMatcher(expected: string): (given: string) => boolean {
  const wanted = digest(expected);
  return (given) => timingSafeEqual(digest(given), wanted);
}
