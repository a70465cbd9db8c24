/** At most one telling of a key in each window; what comes sooner is held until its end. Times in ms. */
export class Throttle {
  /** What was told of lately: when its window ends, and whether more is held. The earliest end first. */
  private readonly windows = new Map<string, { ends: number; held: boolean }>();

  /** @param windowMs 0: nothing is held */
  constructor(private readonly windowMs: number) {}

  /** Whether the key may be told of now; else it is held. */
  mayTell(key: string, now: number): boolean {
    const window = this.windows.get(key);
    if (!window || window.ends <= now) return true;
    window.held = true;
    return false;
  }

  /** The key was told of: its next window begins. */
  told(key: string, now: number): void {
    if (this.windowMs === 0) return;
    // Anew, so that it stands behind those that end before it.
    this.windows.delete(key);
    this.windows.set(key, { ends: now + this.windowMs, held: false });
  }

  /** The held keys whose windows have ended, each once. */
  due(now: number): string[] {
    const due: string[] = [];
    for (const [key, { ends, held }] of this.windows) {
      if (ends > now) break;
      this.windows.delete(key);
      if (held) due.push(key);
    }
    return due;
  }

  /** When the next window ends; null when there is none. */
  get nextEnd(): number | null {
    for (const { ends } of this.windows.values()) return ends;
    return null;
  }

  forget(key: string): void {
    this.windows.delete(key);
  }
}
