import { UnknownUserFilter, NAMES_PER_PAGE } from './unknown-user-filter';

const FEW = 5;

describe('misses', () => {
  let time: number;
  let existing: Map<string, string[]>;
  let pages: number;
  let gate: Promise<void>;
  let errors: unknown[];

  const page = async (names: readonly string[], after: string): Promise<string[]> => {
    pages += 1;
    const read = [...names].sort().filter((name) => name > after);
    await gate;
    return read.slice(0, NAMES_PER_PAGE);
  };
  const make = (mostNames?: number): UnknownUserFilter =>
    new UnknownUserFilter(
      {
        domains: (after) => page([...existing.keys()], after),
        numbers: (domain, after) => page(existing.get(domain) ?? [], after),
      },
      { clock: () => time, report: (error) => errors.push(error), ...(mostNames && { mostNames }) },
    );
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  /** A lookup as the directory does it. @returns whether the database was asked */
  const lookUp = (misses: UnknownUserFilter, number: string, domain: string): boolean => {
    if (misses.has(number, domain)) return false;
    if (!existing.get(domain)?.includes(number)) misses.missed(domain);
    return true;
  };
  const scan = async (
    misses: UnknownUserFilter,
    domain: (guess: number) => string,
    guesses = 1_000,
  ): Promise<number> => {
    let asked = 0;
    for (let guess = 0; guess < guesses; guess++) {
      if (lookUp(misses, String(50_000 + guess), domain(guess))) asked += 1;
      await settle();
    }
    return asked;
  };

  beforeEach(() => {
    time = 1_000_000;
    pages = 0;
    gate = Promise.resolve();
    errors = [];
    existing = new Map([
      ['a.test', ['1001', '1002']],
      ['b.test', ['2001']],
    ]);
  });

  it('cost no query beyond the first few, in a domain that exists and in one that does not', async () => {
    const misses = make();
    expect(await scan(misses, () => 'a.test')).toBe(2 * FEW);
    expect(await scan(misses, (guess) => `x${guess}.test`)).toBe(0);
    expect(pages).toBe(2);
    for (const number of ['1001', '1002']) expect(misses.has(number, 'a.test')).toBe(false);
    expect(misses.has('2001', 'b.test')).toBe(false);
  });

  it('of one phone now and then have nothing read', async () => {
    const misses = make();
    for (let day = 0; day < 50; day++) {
      expect(lookUp(misses, '9999', 'a.test')).toBe(true);
      time += 60_000;
      await settle();
    }
    expect(pages).toBe(0);
  });

  it('are forgotten after some seconds', async () => {
    const misses = make();
    await scan(misses, () => 'a.test');
    existing.get('a.test')?.push('50001');
    expect(misses.has('50001', 'a.test')).toBe(true);
    existing.set('c.test', ['3001']);
    time += 5_000;
    expect(misses.has('50001', 'a.test')).toBe(false);
    expect(misses.has('3001', 'c.test')).toBe(false);
  });

  it('end with a change, also one that came while names were being read', async () => {
    const misses = make();
    await scan(misses, () => 'a.test');
    misses.changed('50001', 'a.test');
    misses.changed('3001', 'c.test');
    expect(misses.has('50001', 'a.test')).toBe(false);
    expect(misses.has('3001', 'c.test')).toBe(false);
    time += 5_000;
    await scan(misses, () => 'none.test', FEW);
    let open = (): void => undefined;
    gate = new Promise((resolve) => (open = resolve));
    await scan(misses, () => 'a.test', FEW);
    misses.changed('60001', 'a.test');
    open();
    await settle();
    expect(misses.has('60002', 'a.test')).toBe(true);
    expect(misses.has('60001', 'a.test')).toBe(false);
  });

  it('of a large tenant are read in pages, and not at all when it is too large', async () => {
    const numbers = Array.from({ length: 2 * NAMES_PER_PAGE }, (_, index) => String(100_000 + index));
    existing.set('a.test', numbers);
    const misses = make();
    expect(await scan(misses, () => 'a.test', 50)).toBeLessThan(20);
    expect(pages).toBe(1 + 3);
    expect(numbers.filter((number) => misses.has(number, 'a.test'))).toEqual([]);
    const small = make(NAMES_PER_PAGE);
    expect(await scan(small, () => 'a.test', 50)).toBe(50);
  });

  it('keep few names in all: the tenants read first go first', async () => {
    existing.set('c.test', ['3001', '3002']);
    const misses = make(4);
    for (const domain of ['a.test', 'b.test', 'c.test']) await scan(misses, () => domain, 2 * FEW);
    const known = ['a.test', 'b.test', 'c.test'].map((domain) => misses.has('50001', domain));
    expect(known).toEqual([false, true, true]);
  });

  it('are asked for one by one when the names cannot be read, which is reported', async () => {
    const misses = make();
    gate = Promise.reject(new Error('away'));
    expect(await scan(misses, () => 'a.test', 100)).toBe(100);
    expect(errors).toEqual([new Error('away')]);
  });
});
