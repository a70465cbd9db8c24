interface Link<T> {
  key: string;
  entry: T;
  newer: Link<T> | null;
  older: Link<T> | null;
}

/**
 * The entries that were touched last, up to a number of them. Their order is a chain: a Map in which they
 * are moved instead takes several times as long.
 */
export class Recent<T> {
  private readonly links = new Map<string, Link<T>>();
  private newest: Link<T> | null = null;
  private oldest: Link<T> | null = null;

  constructor(private readonly most: number) {}

  get size(): number {
    return this.links.size;
  }

  /** The entry, which then is the last to be forgotten. */
  touch(key: string): T | undefined {
    const link = this.links.get(key);
    if (!link) return undefined;
    if (link !== this.newest) {
      this.unlink(link);
      this.link(link);
    }
    return link.entry;
  }

  /** Adds what is not there yet. @returns whether another was forgotten for it */
  add(key: string, entry: T): boolean {
    const link: Link<T> = { key, entry, newer: null, older: null };
    this.links.set(key, link);
    this.link(link);
    if (this.links.size <= this.most || !this.oldest) return false;
    this.links.delete(this.oldest.key);
    this.unlink(this.oldest);
    return true;
  }

  delete(key: string): void {
    const link = this.links.get(key);
    if (!link) return;
    this.links.delete(key);
    this.unlink(link);
  }

  private link(link: Link<T>): void {
    link.older = this.newest;
    link.newer = null;
    if (this.newest) this.newest.newer = link;
    else this.oldest = link;
    this.newest = link;
  }

  private unlink({ newer, older }: Link<T>): void {
    if (newer) newer.older = older;
    else this.newest = older;
    if (older) older.newer = newer;
    else this.oldest = newer;
  }
}
