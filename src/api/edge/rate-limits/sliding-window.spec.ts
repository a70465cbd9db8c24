import { SlidingWindow } from './sliding-window';

const START = 1_000_400;

/** The times, in ms after the first, at which a request is sent; and whether each is allowed. */
function allowed(limit: number, times: number[]): boolean[] {
  const window = new SlidingWindow();
  return times.map((time) => window.take(limit, START + time).allowed);
}

it('allows as many as the limit, and more when the first ones are 60 s old', () => {
  expect(allowed(2, [0, 10_000, 20_000, 59_999, 60_000, 60_001, 70_000])).toEqual([
    ...[true, true, false, false],
    ...[true, false, true],
  ]);
});

it('is never shorter than 60 s for any request, nor a second longer', () => {
  for (const offset of [0, 1, 300, 599, 600, 999]) {
    const window = new SlidingWindow();
    for (const time of [0, offset]) window.take(2, START + time);
    expect(window.take(2, START + 59_999).allowed).toBe(false);
    expect(window.take(2, START + offset + 60_000).allowed).toBe(true);
  }
});

it('does not count what it refuses', () => {
  const window = new SlidingWindow();
  window.take(1, START);
  for (let time = 1_000; time < 60_000; time += 1_000)
    expect(window.take(1, START + time).allowed).toBe(false);
  expect(window.take(1, START + 60_000).allowed).toBe(true);
});

it('tells how many are left, and when the oldest leaves', () => {
  const window = new SlidingWindow();
  expect(window.take(3, START)).toEqual({ allowed: true, remaining: 2, resetMs: 60_000 });
  expect(window.take(3, START + 5_000)).toEqual({ allowed: true, remaining: 1, resetMs: 55_000 });
  expect(window.take(3, START + 59_000)).toEqual({ allowed: true, remaining: 0, resetMs: 1_000 });
  expect(window.take(3, START + 59_500)).toEqual({ allowed: false, remaining: 0, resetMs: 500 });
  expect(window.take(3, START + 60_000)).toEqual({ allowed: true, remaining: 0, resetMs: 5_000 });
});

it('tells a refused request the very moment from which it is allowed', () => {
  const window = new SlidingWindow();
  for (const time of [0, 200, 550, 3_000, 7_000]) window.take(5, START + time);
  for (const now of [8_000, 20_000, 59_000]) {
    const { resetMs } = window.take(5, START + now);
    expect(now + resetMs).toBe(60_550);
  }
  expect(window.take(5, START + 60_549).allowed).toBe(false);
  expect(window.take(5, START + 60_550).allowed).toBe(true);
});

it('of a limit that was lowered tells when that is kept again', () => {
  const window = new SlidingWindow();
  for (const time of [0, 10_000, 20_000, 30_000]) window.take(10, START + time);
  expect(window.take(2, START + 40_000)).toEqual({ allowed: false, remaining: 0, resetMs: 40_000 });
  expect(window.take(2, START + 80_000).allowed).toBe(true);
});

it('is empty when its last request is 60 s old', () => {
  const window = new SlidingWindow();
  expect(window.isEmpty(START)).toBe(true);
  window.take(1, START);
  expect(window.isEmpty(START + 59_999)).toBe(false);
  expect(window.isEmpty(START + 60_000)).toBe(true);
});

it('keeps every minute of a long run within the limit', () => {
  const window = new SlidingWindow();
  const passed: number[] = [];
  for (let time = 0; time < 300_000; time += 37)
    if (window.take(100, START + time).allowed) passed.push(time);
  for (const [i, time] of passed.entries()) {
    const later = passed[i + 100];
    if (later !== undefined) expect(later - time).toBeGreaterThanOrEqual(60_000);
  }
  expect(passed.length).toBeGreaterThanOrEqual(490);
});
