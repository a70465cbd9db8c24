/** How many names a page has; the last has fewer. */
export const NAMES_PER_PAGE = 1_000;

/** Whom to ask who there is: pages of names in order, from after the one given ('': the first page). */
export interface NameSource {
  /** The domains of active tenants. */
  domains(after: string): Promise<string[]>;
  /** A tenant's numbers that are not deleted. */
  numbers(domain: string, after: string): Promise<string[]>;
}

export interface UnknownUserFilterOptions {
  /** How long what was read is believed. */
  trustMs?: number;
  /** How many names are kept in all. */
  mostNames?: number;
  /** The present in ms. */
  clock?: () => number;
  /** Hears why something could not be read. */
  report?: (error: unknown) => void;
}

/** So many misses within the time of trust are answered by the database one by one. */
const FEW = 5;
const TRUST_MS = 5_000;
/** Reading a large tenant takes at most this share of the time: what took long is believed for longer. */
const SHARE = 1 / 50;
const LONGEST_TRUST_MS = 30_000;
const MOST_NAMES = 200_000;
const MOST_TENANTS = 1_000;

/** The names of one kind, from one moment on. */
class NameSet {
  readonly names = new Set<string>();
  misses = 0;
  state: 'counting' | 'reading' | 'read' | 'unread' = 'counting';

  constructor(public until: number) {}
}

/**
 * Who does not exist, so that a scanner's guesses cost no queries. Guesses are endless, so it is not they
 * that are remembered: after a few misses in a tenant its numbers are read once, and for some seconds
 * whoever is not among them is known to be missing. The same for domains.
 *
 * Names are only ever added to what was read, and a name made while it is being read is added too: a
 * user that exists is asked for in the database, whatever is remembered here.
 */
export class UnknownUserFilter {
  private domains: NameSet;
  private readonly tenants = new Map<string, NameSet>();
  private readonly clock: () => number;
  private readonly trustMs: number;
  private readonly mostNames: number;

  constructor(
    private readonly source: NameSource,
    private readonly options: UnknownUserFilterOptions = {},
  ) {
    this.clock = options.clock ?? Date.now;
    this.trustMs = options.trustMs ?? TRUST_MS;
    this.mostNames = options.mostNames ?? MOST_NAMES;
    this.domains = this.newRoll();
  }

  /** Whether it is known, without a query, that no such user exists. */
  has(number: string, domain: string): boolean {
    const numbers = this.tenants.get(domain);
    if (numbers && this.isTrusted(numbers)) return !numbers.names.has(number);
    return this.isTrusted(this.domains) && !this.domains.names.has(domain);
  }

  /** The database has no such user: the domain, or a number in it, is unknown. */
  missed(domain: string): void {
    if (!this.tenants.has(domain) && !(this.isTrusted(this.domains) && this.domains.names.has(domain))) {
      this.domains = this.current(this.domains);
      this.count(this.domains, (after) => this.source.domains(after));
      return;
    }
    const numbers = this.current(this.tenants.get(domain));
    this.tenants.set(domain, numbers);
    this.count(numbers, (after) => this.source.numbers(domain, after));
    if (this.tenants.size > MOST_TENANTS) this.makeRoom();
  }

  /** This user was made or changed: it is no longer known to be missing. */
  changed(number: string, domain: string): void {
    this.domains.names.add(domain);
    this.tenants.get(domain)?.names.add(number);
  }

  private isTrusted({ state, until }: NameSet): boolean {
    return state === 'read' && this.clock() < until;
  }

  private newRoll(): NameSet {
    return new NameSet(this.clock() + this.trustMs);
  }

  /** Goes on while it is believed or being read, then begins anew. */
  private current(roll: NameSet | undefined): NameSet {
    return roll && (roll.state === 'reading' || this.clock() < roll.until) ? roll : this.newRoll();
  }

  private count(roll: NameSet, page: (after: string) => Promise<string[]>): void {
    roll.misses += 1;
    if (roll.misses < FEW || roll.state !== 'counting') return;
    roll.state = 'reading';
    void this.read(roll, page);
  }

  private async read(roll: NameSet, page: (after: string) => Promise<string[]>): Promise<void> {
    const begun = this.clock();
    try {
      let names = await page('');
      for (;;) {
        for (const name of names) roll.names.add(name.toLowerCase());
        if (names.length < NAMES_PER_PAGE || roll.names.size > this.mostNames) break;
        names = await page(names.at(-1) ?? '');
      }
      roll.state = roll.names.size > this.mostNames ? 'unread' : 'read';
    } catch (error) {
      roll.state = 'unread';
      this.options.report?.(error);
    }
    if (roll.state === 'unread') roll.names.clear();
    // From the beginning on: what was committed since may not have been seen.
    const pause = Math.min(LONGEST_TRUST_MS, (this.clock() - begun) / SHARE);
    roll.until = begun + Math.max(this.trustMs, pause);
    this.makeRoom();
  }

  /** Drops what is over, then the oldest, until the rest is few enough; never what is being read. */
  private makeRoom(): void {
    let names = 0;
    for (const roll of this.tenants.values()) names += roll.names.size;
    if (names <= this.mostNames && this.tenants.size <= MOST_TENANTS) return;
    const now = this.clock();
    const rolls = [...this.tenants].filter(([, { state }]) => state !== 'reading');
    for (const [domain, roll] of [
      ...rolls.filter(([, { until }]) => until <= now),
      ...rolls.filter(([, { until }]) => until > now),
    ]) {
      if (names <= this.mostNames && this.tenants.size <= MOST_TENANTS) return;
      this.tenants.delete(domain);
      names -= roll.names.size;
    }
  }
}
