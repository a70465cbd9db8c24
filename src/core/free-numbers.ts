/** Numbers of the same length, both ends included. */
export interface NumberRange {
  from: string;
  to: string;
}

/** How many taken numbers are read at a time; a page with fewer is the last. */
export const TAKEN_PER_PAGE = 1_000;

/**
 * The lowest `count` numbers of the range that nobody has, in order; fewer when there are no more. The work
 * grows with the numbers that are taken, never with the length of the range.
 * @param taken a page of those that are taken, from the number given on, in order
 * @param never those that are not offered either
 */
export async function freeNumbers(
  { from, to }: NumberRange,
  count: number,
  taken: (from: string) => Promise<string[]>,
  never: readonly string[] = [],
): Promise<string[]> {
  const written = (number: number): string => String(number).padStart(from.length, '0');
  const last = Number(to);
  const free: string[] = [];
  let next = Number(from);
  while (next <= last && free.length < count) {
    const page = await taken(written(next));
    const read = page.length < TAKEN_PER_PAGE ? last : Number(page.at(-1));
    const isTaken = new Set([...never, ...page]);
    for (; next <= read && free.length < count; next++) {
      if (!isTaken.has(written(next))) free.push(written(next));
    }
  }
  return free;
}
