import { ReplayBuffer, ReplayBudget } from './replay-buffer';

const PLENTY = 1024 * 1024;

/** The numbers that a reader at `position` is given, or `lost`. */
function readFrom(log: ReplayBuffer, position: number): number[] | 'lost' {
  const read: number[] = [];
  for (let next = log.after(position); next !== null; next = log.after(position)) {
    if (next === 'lost') return 'lost';
    const ids = next.bytes.toString().match(/(?<=^id: [0-9a-f]+-)\d+/gm) ?? [];
    read.push(...ids.map(Number));
    position = next.last;
  }
  return read;
}

function fill(log: ReplayBuffer, frames: number, text = 'x'): void {
  for (let frame = 0; frame < frames; frame++) log.add('change', { text });
  log.seal();
}

const upTo = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('a log of changes', () => {
  it('writes frames as server-sent events, whatever their data holds', () => {
    const log = new ReplayBuffer(new ReplayBudget(PLENTY), () => PLENTY);
    log.add('change', { text: 'a\n\nid: 7\r\u2028b' });
    log.seal();
    const next = log.after(0);
    if (next === null || next === 'lost') throw new Error('no frame');
    const text = next.bytes.toString();
    expect(text).toBe(`id: ${log.idOf(1)}\nevent: change\ndata: {"text":"a\\n\\nid: 7\\r\u2028b"}\n\n`);
  });

  it('is read from any position on, each frame once', () => {
    const log = new ReplayBuffer(new ReplayBudget(PLENTY), () => PLENTY);
    for (const frames of [3, 1, 5]) fill(log, frames);
    for (const position of upTo(0, 9)) expect(readFrom(log, position)).toEqual(upTo(position + 1, 9));
  });

  it('shows nothing before it is sealed', () => {
    const log = new ReplayBuffer(new ReplayBudget(PLENTY), () => PLENTY);
    log.add('change', {});
    expect([log.last, log.after(0)]).toEqual([1, null]);
  });

  it('gives large turns in pieces', () => {
    const log = new ReplayBuffer(new ReplayBudget(PLENTY), () => PLENTY);
    fill(log, 100, 'x'.repeat(1_000));
    const next = log.after(0);
    expect(next !== null && next !== 'lost' && next.bytes.length < 66_000).toBe(true);
    expect(readFrom(log, 0)).toEqual(upTo(1, 100));
    expect(readFrom(log, 63)).toEqual(upTo(64, 100));
  });

  it('lets the oldest go when it holds too much, and says so', () => {
    const log = new ReplayBuffer(new ReplayBudget(PLENTY), () => 5_000);
    for (let turn = 0; turn < 10; turn++) fill(log, 1, 'x'.repeat(1_000));
    expect(readFrom(log, 0)).toBe('lost');
    expect(log.positionOf(log.idOf(1))).toBeNull();
    expect(readFrom(log, 8)).toEqual([9, 10]);
    expect(log.positionOf(log.idOf(8))).toBe(8);
  });

  it('shares a budget with the others, and gives its part back', () => {
    const budget = new ReplayBudget(5_000);
    const [one, other] = [new ReplayBuffer(budget, () => PLENTY), new ReplayBuffer(budget, () => PLENTY)];
    for (let turn = 0; turn < 10; turn++) fill(one, 1, 'x'.repeat(1_000));
    expect(budget.used).toBeLessThanOrEqual(5_000);
    fill(other, 1);
    expect(readFrom(other, 0)).toEqual([1]);
    one.clear();
    other.clear();
    expect(budget.used).toBe(0);
  });

  it('knows its own ids, and no others', () => {
    const log = new ReplayBuffer(new ReplayBudget(PLENTY), () => PLENTY);
    expect(log.positionOf(log.idOf(0))).toBe(0);
    fill(log, 2);
    const other = new ReplayBuffer(new ReplayBudget(PLENTY), () => PLENTY);
    fill(other, 2);
    expect([0, 1, 2].map((sequence) => log.positionOf(log.idOf(sequence)))).toEqual([0, 1, 2]);
    for (const id of [log.idOf(3), other.idOf(1), '', '1', `${log.idOf(1)}-1`, `${log.idOf(1)}x`]) {
      expect([id, log.positionOf(id)]).toEqual([id, null]);
    }
  });
});
