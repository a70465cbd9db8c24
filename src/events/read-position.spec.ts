import { ReadPosition } from './read-position';

const MINUTE_MS = 60_000;

/** The ids that are news, of several reads one after another. */
function news(position: ReadPosition, ...reads: number[][]): number[] {
  return reads.flatMap((ids) => ids.filter((id) => position.read(id, 0)));
}

describe('the position in the log of events', () => {
  it('begins after what is no news', () => {
    expect(news(new ReadPosition(7), [6, 7, 8])).toEqual([8]);
  });

  it('takes each id once', () => {
    const position = new ReadPosition(0);
    expect(news(position, [1, 2], [2, 3], [1, 2, 3])).toEqual([1, 2, 3]);
    expect([position.highest, position.missingAfter(0)]).toEqual([3, null]);
  });

  it('expects what is missing below the highest, and takes it when it appears', () => {
    const position = new ReadPosition(0);
    expect(news(position, [1, 4, 6])).toEqual([1, 4, 6]);
    expect([0, 2, 3, 5].map((id) => position.missingAfter(id))).toEqual([2, 3, 5, null]);
    expect(news(position, [1, 3, 4, 6], [2, 3])).toEqual([3, 2]);
    expect(position.missingAfter(0)).toBe(5);
  });

  it('gives up what has been missing for a minute, and nothing else', () => {
    const position = new ReadPosition(0);
    position.read(2, 0);
    position.read(4, 1_000);
    position.expire(MINUTE_MS - 1);
    expect(position.missingAfter(0)).toBe(1);
    position.expire(MINUTE_MS);
    expect(position.missingAfter(0)).toBe(3);
    expect(position.read(1, MINUTE_MS)).toBe(false);
    expect(position.read(3, MINUTE_MS)).toBe(true);
  });

  it.each([
    ['one gap of millions', [5_000_000]],
    ['many gaps', Array.from({ length: 60_000 }, (_, place) => 2 * place + 2)],
  ])('keeps a bounded number of missing ids, the newest: %s', (_name, ids) => {
    const position = new ReadPosition(0);
    for (const id of ids) position.read(id, 0);
    const last = ids.at(-1)!;
    expect(position.missingAfter(last - 2)).toBe(last - 1);
    expect(position.missingAfter(0)).toBeGreaterThan(1);
    expect(position.read(1, 0)).toBe(false);
  });
});
