import { type Taken } from './sliding-window';

/** Where the windows are kept: in this process, or in Redis for several. */
export abstract class RateLimitStore {
  /**
   * Counts a request in the window `key` unless it holds `limit` already.
   * @returns null when nobody can say at present; never rejects, nor takes longer than a moment
   */
  abstract take(key: string, limit: number): Promise<Taken | null>;
}
