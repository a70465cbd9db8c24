/** An id that is missing for so long was taken by a transaction that rolled back, or is gone. */
const GAP_MS = 60_000;
const MOST_MISSING = 50_000;

/**
 * How far a log has been read whose ids are given before they are committed, so that one may appear after a higher
 * one: each id below the highest that was not read is missing, and expected for a minute.
 */
export class ReadPosition {
  /** In ascending order: the missing ids, and when each was first missed, in ms. */
  private readonly missing = new Map<number, number>();

  /** @param last ids up to this one are not news */
  constructor(private last: number) {}

  /** The highest id that was read. */
  get highest(): number {
    return this.last;
  }

  /** @returns the lowest missing id above `id`; null when there is none */
  missingAfter(id: number): number | null {
    for (const each of this.missing.keys()) if (each > id) return each;
    return null;
  }

  /**
   * Notes that an id was read; ids of one query in ascending order.
   * @param now in ms
   * @returns whether it is news: true once for each id
   */
  read(id: number, now: number): boolean {
    if (id <= this.last) return this.missing.delete(id);
    for (let each = Math.max(this.last + 1, id - MOST_MISSING); each < id; each++) {
      this.missing.set(each, now);
    }
    this.last = id;
    this.trim();
    return true;
  }

  /** Gives up the ids that have been missing for too long. */
  expire(now: number): void {
    for (const [id, since] of this.missing) {
      if (now - since < GAP_MS) return;
      this.missing.delete(id);
    }
  }

  private trim(): void {
    if (this.missing.size <= MOST_MISSING) return;
    for (const id of this.missing.keys()) {
      if (this.missing.size <= MOST_MISSING) return;
      this.missing.delete(id);
    }
  }
}
