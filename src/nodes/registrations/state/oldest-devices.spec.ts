import { oldestDevices } from './oldest-devices';

const device = (contact: string, since: number | null, expiresAt = 1_000, firstSeenAt = since ?? 0) => ({
  contact,
  since,
  firstSeenAt,
  expiresAt,
});
const chosen = (devices: ReturnType<typeof device>[], most: number): string[] =>
  oldestDevices(devices, most).map(({ contact }) => contact);

it('chooses none while there is room', () => {
  expect(chosen([], 1)).toEqual([]);
  expect(chosen([device('a', 1), device('b', 2)], 2)).toEqual([]);
});

it('chooses those known longest, in whatever order they come', () => {
  expect(chosen([device('c', 3), device('a', 1), device('d', 4), device('b', 2)], 2)).toEqual(['a', 'b']);
});

it('goes by when a device was first known, not by when it registered last', () => {
  expect(chosen([device('a', 1, 9_000), device('b', 2, 2_000)], 1)).toEqual(['a']);
});

it('chooses the same on every instance when several were known at once', () => {
  expect(chosen([device('b', 1, 2_000), device('a', 1, 3_000)], 1)).toEqual(['b']);
  for (const devices of [
    [device('a', 1), device('b', 1)],
    [device('b', 1), device('a', 1)],
  ])
    expect(chosen(devices, 1)).toEqual(['a']);
});

it('takes one that a list showed before its event for as new as it is', () => {
  const listed = device('b', null, 1_000, 5);
  expect(chosen([listed, device('a', 3), device('c', 4)], 2)).toEqual(['a']);
});
