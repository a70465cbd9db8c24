import { LastAnswers } from './fallback-cache';

const HOUR_MS = 3_600_000;

describe('last answers', () => {
  let time: number;
  let answers: LastAnswers<{ says: string }>;

  beforeEach(() => {
    time = 1_000;
    answers = new LastAnswers({ most: 3, maxAgeMs: HOUR_MS, clock: () => time });
  });
  const remember = (key: string, row = `row of ${key}`): void =>
    answers.remember(key, { says: row }, answers.asOf());

  it('are what the database said last', () => {
    remember('1@a', 'old');
    remember('1@a', 'new');
    expect([answers.recall('1@a'), answers.recall('2@a'), answers.size]).toEqual([
      { says: 'new' },
      undefined,
      1,
    ]);
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
    expect(answers.recall('1@a')).toEqual({ says: 'row of 1@a' });
    time += 1;
    expect([answers.recall('1@a'), answers.size]).toEqual([undefined, 0]);
  });

  it('do not outlive a change, nor does an answer that was on its way', () => {
    remember('1@a');
    const before = answers.asOf();
    answers.changed('1@a');
    expect(answers.recall('1@a')).toBeUndefined();
    answers.remember('1@a', { says: 'old' }, before);
    expect(answers.recall('1@a')).toBeUndefined();
    remember('1@a', 'new');
    expect(answers.recall('1@a')).toEqual({ says: 'new' });
    answers.forget('1@a');
    expect(answers.recall('1@a')).toBeUndefined();
  });

  it('of one domain go together', () => {
    for (const key of ['a sales', 'a help', 'aa sales']) remember(key);
    const before = answers.asOf();
    answers.changedUnder('a ');
    answers.remember('a sales', { says: 'old' }, before);
    expect(['a sales', 'a help', 'aa sales'].map((key) => answers.has(key))).toEqual([false, false, true]);
  });
});
