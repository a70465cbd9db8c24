/** Where the numbers come from, and who hears of them. */
export interface ExtensionNumberSetOptions {
  /** Every live number. */
  all(): Promise<string[]>;
  /** Those of the given numbers that are live. */
  among(numbers: string[]): Promise<Iterable<string>>;
  onAdded(number: string): void;
  onRemoved(number: string): void;
  onError(error: unknown): void;
  /** How often all are read again, in ms; changes that nobody tells of are noticed so. */
  everyMs: number;
}

const MOST_AT_ONCE = 500;
const RETRY_MS = 2_000;

/** The live extension numbers of a tenant, kept up to date. */
export class ExtensionNumberSet {
  readonly numbers = new Set<string>();
  private readonly touched = new Set<string>();
  private wanted = true;
  private busy = true;
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ExtensionNumberSetOptions) {}

  /** To be called once, first. @throws what the database threw */
  async load(): Promise<void> {
    for (const number of await this.options.all()) this.numbers.add(number);
    this.wanted = false;
    this.busy = false;
    this.again(this.options.everyMs);
    void this.refresh();
  }

  /** The number may have come or gone. */
  invalidate(number: string): void {
    this.touched.add(number);
    void this.refresh();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** One reading after another: an older one must not undo what a newer one has found. */
  private async refresh(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      while (!this.stopped && (this.wanted || this.touched.size > 0)) await this.read();
    } catch (error) {
      this.options.onError(error);
      this.wanted = true;
      this.again(RETRY_MS);
    }
    this.busy = false;
  }

  private async read(): Promise<void> {
    const whole = this.wanted || this.touched.size > MOST_AT_ONCE;
    const asked = whole ? [] : [...this.touched];
    this.touched.clear();
    this.wanted = false;
    const live = new Set(whole ? await this.options.all() : await this.options.among(asked));
    if (this.stopped) return;
    for (const number of whole ? [...this.numbers] : asked) {
      if (!live.has(number) && this.numbers.delete(number)) this.options.onRemoved(number);
    }
    for (const number of live) {
      if (this.numbers.has(number)) continue;
      this.numbers.add(number);
      this.options.onAdded(number);
    }
    if (whole) this.again(this.options.everyMs);
  }

  /** With jitter: three quarters of the time to the whole of it. */
  private again(ms: number): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    this.timer = setTimeout(
      () => {
        this.wanted = true;
        void this.refresh();
      },
      ms * (0.75 + Math.random() / 4),
    );
  }
}
