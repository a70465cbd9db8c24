import { NotFound } from './errors';

/** The id in a path. @throws NotFound for what can be none */
export function idOf(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text) || Number(text) > 2_147_483_647) throw new NotFound();
  return Number(text);
}
