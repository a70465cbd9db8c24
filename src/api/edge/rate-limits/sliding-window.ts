export const WINDOW_MS = 60_000;
const BUCKET_MS = 1_000;

/** What became of a request that asked for its place in a window. */
export interface Taken {
  allowed: boolean;
  /** How many more would be allowed now. */
  remaining: number;
  /** In ms, until the oldest counted request leaves the window; for one that was refused, until a place is free. */
  resetMs: number;
}

/** The requests counted in one second; they leave the window together, when the last of them does. */
interface Bucket {
  count: number;
  lastAt: number;
}

/**
 * Counts requests of the last 60 s, in at most 61 buckets whatever their number. None is forgotten before
 * its 60 s are over, and none is counted a whole second longer. Refused ones are not counted.
 */
export class SlidingWindow {
  private readonly buckets: Bucket[] = [];

  /** @param now in ms, of a clock that never goes back */
  take(limit: number, now: number): Taken {
    this.forget(now);
    const counted = this.buckets.reduce((sum, { count }) => sum + count, 0);
    if (counted >= limit) return { allowed: false, remaining: 0, resetMs: this.freeAt(limit, counted) - now };
    this.count(now);
    const [oldest] = this.buckets;
    const resetMs = (oldest?.lastAt ?? now) + WINDOW_MS - now;
    return { allowed: true, remaining: limit - counted - 1, resetMs };
  }

  isEmpty(now: number): boolean {
    this.forget(now);
    return this.buckets.length === 0;
  }

  private forget(now: number): void {
    for (let [oldest] = this.buckets; oldest && oldest.lastAt + WINDOW_MS <= now; [oldest] = this.buckets)
      this.buckets.shift();
  }

  private count(now: number): void {
    const newest = this.buckets.at(-1);
    if (newest && Math.floor(newest.lastAt / BUCKET_MS) === Math.floor(now / BUCKET_MS)) {
      newest.count++;
      newest.lastAt = now;
    } else this.buckets.push({ count: 1, lastAt: now });
  }

  /** A limit that was lowered meanwhile is kept again only when more than one bucket has left. */
  private freeAt(limit: number, counted: number): number {
    let left = counted;
    for (const { count, lastAt } of this.buckets) {
      left -= count;
      if (left < limit) return lastAt + WINDOW_MS;
    }
    return WINDOW_MS;
  }
}
