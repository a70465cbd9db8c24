import { InvalidData } from './errors';

const LONGEST_NAME_TOLD = 50;

/**
 * @param given the columns of what is imported
 * @param field that is to blame
 * @throws InvalidData when one is unknown, or there twice
 */
export function requireColumns(given: readonly string[], known: readonly string[], field: string): void {
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const told = unknown === '' ? 'without a name' : unknown.slice(0, LONGEST_NAME_TOLD);
    throw InvalidData.field(field, `The column ${told} is unknown. There are ${known.join(', ')}.`);
  }
  const twice = given.find((name, place) => given.indexOf(name) !== place);
  if (twice !== undefined) throw InvalidData.field(field, `The column ${twice} is there twice.`);
}
