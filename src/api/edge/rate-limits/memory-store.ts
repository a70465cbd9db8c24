import { type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { RateLimitStore } from './rate-limit-store';
import { SlidingWindow, type Taken, WINDOW_MS } from './sliding-window';

const MOST_WINDOWS = 100_000;

/** The windows of this process, the least recently used first. */
export class MemoryStore extends RateLimitStore implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly windows = new Map<string, SlidingWindow>();
  private timer: NodeJS.Timeout | null = null;

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.sweep(performance.now()), WINDOW_MS);
  }

  onApplicationShutdown(): void {
    if (this.timer) clearInterval(this.timer);
  }

  get size(): number {
    return this.windows.size;
  }

  take(key: string, limit: number, now = performance.now()): Promise<Taken> {
    const window = this.windows.get(key) ?? new SlidingWindow();
    this.windows.delete(key);
    this.windows.set(key, window);
    if (this.windows.size > MOST_WINDOWS) this.forgetOldest();
    return Promise.resolve(window.take(limit, now));
  }

  /** Forgets windows in which nothing is counted any more. */
  sweep(now: number): void {
    for (const [key, window] of this.windows) {
      if (!window.isEmpty(now)) return;
      this.windows.delete(key);
    }
  }

  private forgetOldest(): void {
    const [oldest] = this.windows.keys();
    if (oldest !== undefined) this.windows.delete(oldest);
  }
}
