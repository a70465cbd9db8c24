import { freeNumbers, TAKEN_PER_PAGE } from './free-numbers';

/** Answers from `taken`, as the database would, and counts how often it is asked. */
function pages(taken: string[]): { asked: number; read: (from: string) => Promise<string[]> } {
  const source = {
    asked: 0,
    read: (from: string): Promise<string[]> => {
      source.asked += 1;
      return Promise.resolve(taken.filter((number) => number >= from).slice(0, TAKEN_PER_PAGE));
    },
  };
  return source;
}

const numbers = (from: number, to: number, length: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i).padStart(length, '0'));

it('finds the lowest, around those that are taken', async () => {
  const { read } = pages(['1000', '1002', '1003', '1006']);
  expect(await freeNumbers({ from: '1000', to: '1999' }, 4, read)).toEqual(['1001', '1004', '1005', '1007']);
  expect(await freeNumbers({ from: '1002', to: '1004' }, 4, read)).toEqual(['1004']);
  expect(await freeNumbers({ from: '1006', to: '1006' }, 4, read)).toEqual([]);
});

it('passes over those that are never offered', async () => {
  const { read } = pages(['111', '113']);
  expect(await freeNumbers({ from: '110', to: '115' }, 9, read, ['112', '115', '911'])).toEqual([
    '110',
    '114',
  ]);
});

it('keeps leading zeros', async () => {
  expect(await freeNumbers({ from: '0000', to: '0999' }, 2, pages(['0000']).read)).toEqual(['0001', '0002']);
});

it.each([
  ['one short of a page', TAKEN_PER_PAGE - 1],
  ['a page', TAKEN_PER_PAGE],
  ['two pages and one', 2 * TAKEN_PER_PAGE + 1],
])('reads on when %s is taken in a row', async (_name, count) => {
  const { read } = pages(numbers(10_000, 10_000 + count - 1, 5));
  const first = 10_000 + count;
  expect(await freeNumbers({ from: '10000', to: '99999' }, 2, read)).toEqual([`${first}`, `${first + 1}`]);
});

it('is done with ten thousand million numbers in one look', async () => {
  const source = pages(['0000000001', '9999999999']);
  expect(await freeNumbers({ from: '0000000000', to: '9999999999' }, 2, source.read)).toEqual([
    '0000000000',
    '0000000002',
  ]);
  expect(source.asked).toBe(1);
});
