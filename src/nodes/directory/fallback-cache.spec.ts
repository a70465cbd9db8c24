import { FallbackCache } from './fallback-cache';

const HOUR_MS = 3_600_000;

describe('last answers', () => {
  let time: number;
  let answers: FallbackCache<{ says: string }>;

  beforeEach(() => {
    time = 1_000;
    answers = new FallbackCache({ most: 3, maxAgeMs: HOUR_MS, clock: () => time });
  });
  const remember = (key: string, row = `row of ${key}`): { says: string } =>
    answers.set(key, { says: row }, answers.version());

  it('are what the database said last', () => {
    remember('1@a', 'old');
    remember('1@a', 'new');
    expect([answers.get('1@a'), answers.get('2@a'), answers.size]).toEqual([{ says: 'new' }, undefined, 1]);
  });

  it('are the same object as long as the database says the same', () => {
    const first = remember('1@a', 'old');
    expect(remember('1@a', 'old')).toBe(first);
    const changed = remember('1@a', 'new');
    expect([changed, remember('1@a', 'new') === changed]).toEqual([{ says: 'new' }, true]);
  });

  it('are bounded in number: the one looked up longest ago goes first', () => {
    for (const key of ['1@a', '2@a', '3@a', '1@a', '4@a']) {
      remember(key);
      time += 60_000;
    }
    expect(['1@a', '2@a', '3@a', '4@a'].map((key) => answers.has(key))).toEqual([true, false, true, true]);
  });

  it('are bounded in age since the database last confirmed them', () => {
    remember('1@a');
    time += 0.8 * HOUR_MS;
    remember('1@a');
    time += HOUR_MS;
    expect(answers.get('1@a')).toEqual({ says: 'row of 1@a' });
    time += 1;
    expect([answers.get('1@a'), answers.size]).toEqual([undefined, 0]);
  });

  it('do not outlive a change, nor does an answer that was on its way', () => {
    remember('1@a');
    const before = answers.version();
    answers.changed('1@a');
    expect(answers.get('1@a')).toBeUndefined();
    answers.set('1@a', { says: 'old' }, before);
    expect(answers.get('1@a')).toBeUndefined();
    remember('1@a', 'new');
    expect(answers.get('1@a')).toEqual({ says: 'new' });
    answers.delete('1@a');
    expect(answers.get('1@a')).toBeUndefined();
  });

  it('of one domain go together', () => {
    for (const key of ['a sales', 'a help', 'aa sales']) remember(key);
    const before = answers.version();
    answers.changedUnder('a ');
    answers.set('a sales', { says: 'old' }, before);
    expect(['a sales', 'a help', 'aa sales'].map((key) => answers.has(key))).toEqual([false, false, true]);
  });
});
