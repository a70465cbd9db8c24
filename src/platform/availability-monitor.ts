import { Listeners } from '../core/listeners';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** A database that has just answered is not asked again at once, however many queries are late. */
const CALM_MS = 500;

/** The database went away, for this reason, or is back. */
export type AvailabilityChange = { there: true } | { there: false; error: unknown };

/**
 * Whether the database is there. It is until a query is in trouble and the database then does not answer a
 * probe on a connection of its own either; from then on one probe follows another until it does.
 */
export class AvailabilityMonitor {
  private isThere = true;
  private looking = false;
  private calmUntil = 0;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private readonly listeners = new Listeners<AvailabilityChange>((error) =>
    process.emitWarning(String(error)),
  );

  /** @param probe asks the database anything; must end within a second or so */
  constructor(private readonly probe: () => Promise<unknown>) {}

  get there(): boolean {
    return this.isThere;
  }

  /** @returns a function that ends the listening. */
  onChange(hear: (change: AvailabilityChange) => void): () => void {
    return this.listeners.add(hear);
  }

  /** A query failed, or was late, for what may be the database's absence. */
  suspect(): void {
    if (this.looking || this.stopped || Date.now() < this.calmUntil) return;
    this.looking = true;
    void this.look();
  }

  /** It certainly is away, for this reason. */
  lost(error: unknown): void {
    if (this.looking || this.stopped) return;
    this.looking = true;
    this.turn({ there: false, error });
    void this.look();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    try {
      await this.probe();
      this.failures = 0;
      this.looking = false;
      this.calmUntil = Date.now() + CALM_MS;
      this.turn({ there: true });
    } catch (error) {
      if (this.stopped) return;
      const limit = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.failures++, 10));
      this.timer = setTimeout(() => void this.look(), limit * (0.5 + Math.random() / 2)).unref();
      this.turn({ there: false, error });
    }
  }

  private turn(change: AvailabilityChange): void {
    if (change.there === this.isThere) return;
    this.isThere = change.there;
    this.listeners.emit(change);
  }
}
