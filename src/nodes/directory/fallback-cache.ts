export interface FallbackCacheOptions {
  /** How many are kept; the one looked up longest ago goes first. */
  most: number;
  /** How long one is good after the database last said so. */
  maxAgeMs: number;
  /** The present in ms. */
  clock?: () => number;
}

/** An entry asked for again within this keeps its place: the order is that exact, and costs that little. */
const SAME_PLACE_MS = 60_000;

interface Entry<Row> {
  row: Row;
  /** When the database last said so. */
  at: number;
  /** When it took its place in the order. */
  placed: number;
}

/**
 * What the database last said, by whom it was asked about, for when it is away. Kept as the database gave
 * it, and with what its owner adds to a row.
 */
export class FallbackCache<Row extends object> {
  private readonly entries = new Map<string, Entry<Row>>();
  private readonly clock: () => number;
  private changes = 0;

  constructor(private readonly options: FallbackCacheOptions) {
    this.clock = options.clock ?? Date.now;
  }

  get size(): number {
    return this.entries.size;
  }

  /** To be taken before the database is asked, and given with what it says. */
  version(): number {
    return this.changes;
  }

  /**
   * Keeps what the database said, unless something has changed since it was asked: it may be the old answer.
   * @returns the row, or the same one from before
   */
  set(key: string, row: Row, asOf: number): Row {
    if (asOf !== this.changes) return row;
    const at = this.clock();
    const known = this.entries.get(key);
    if (known) {
      known.at = at;
      // The old object, where it says the same: the new one is then soon gone again.
      if (!isSame(known.row, row)) known.row = row;
      if (at - known.placed < SAME_PLACE_MS) return known.row;
      this.entries.delete(key);
    }
    const kept = known?.row ?? row;
    this.entries.set(key, { row: kept, at, placed: at });
    if (this.entries.size > this.options.most) this.deleteOldest();
    return kept;
  }

  private deleteOldest(): void {
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }

  /** Whether there is anything to recall, without looking at its age. */
  has(key: string): boolean {
    return this.entries.has(key);
  }

  /** Undefined where nothing is known, or it is too old. */
  get(key: string): Row | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    if (this.clock() - entry.at <= this.options.maxAgeMs) return entry.row;
    this.entries.delete(key);
    return undefined;
  }

  /** The database says that there is none. */
  delete(key: string): void {
    this.entries.delete(key);
  }

  /** What was known of `key` may be wrong, and so may be any answer that is still on its way. */
  changed(key: string): void {
    this.changes += 1;
    this.entries.delete(key);
  }

  /** The same for every key that begins with `prefix`. */
  changedUnder(prefix: string): void {
    this.changes += 1;
    for (const key of this.entries.keys()) if (key.startsWith(prefix)) this.entries.delete(key);
  }
}

/** Whether what is known says the same as a row that was just read. */
function isSame<Row extends object>(known: Row, read: Row): boolean {
  for (const name in read) if (known[name] !== read[name]) return false;
  return true;
}
