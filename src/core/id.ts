import { NotFound } from './errors';

/** Ids are signed integers of 32 bits. */
export const LARGEST_ID = 2_147_483_647;

/** The id in a path. @throws NotFound for what can be none */
export function idOf(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text) || Number(text) > LARGEST_ID) throw new NotFound();
  return Number(text);
}
