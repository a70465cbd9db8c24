/** The entries that were last touched, up to a number of them. */
export class Recent<T> {
  private readonly entries = new Map<string, T>();
  /** The last key, which in a row of its own need not be moved. */
  private newest: string | undefined;

  constructor(private readonly most: number) {}

  get size(): number {
    return this.entries.size;
  }

  /** The entry, which is then the last to be forgotten. */
  touch(key: string): T | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined || key === this.newest) return entry;
    this.entries.delete(key);
    this.entries.set(key, entry);
    this.newest = key;
    return entry;
  }

  /** @returns whether another had to be forgotten for it */
  add(key: string, entry: T): boolean {
    this.entries.set(key, entry);
    this.newest = key;
    const [oldest] = this.entries.keys();
    if (this.entries.size <= this.most || oldest === undefined) return false;
    return this.entries.delete(oldest);
  }
}
