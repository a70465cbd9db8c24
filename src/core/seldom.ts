/** Lets the same thing through only so often; of more than so many things the oldest is forgotten. */
export class Throttled {
  private readonly last = new Map<string, number>();

  constructor(
    private readonly everyMs: number,
    private readonly most: number,
  ) {}

  /** Whether it is time for `key` again. */
  allows(key: string): boolean {
    const now = Date.now();
    if ((this.last.get(key) ?? 0) > now - this.everyMs) return false;
    const [oldest] = this.last.keys();
    if (this.last.size >= this.most && oldest !== undefined) this.last.delete(oldest);
    this.last.delete(key);
    this.last.set(key, now);
    return true;
  }
}
