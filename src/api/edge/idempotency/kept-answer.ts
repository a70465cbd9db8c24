import { includesScope, type Permission, type Scope } from '../../../core/roles';
import { type SealedBox } from '../../../platform/secrets/sealed-box';

/** What an account may do, and where; null: nobody had to say who he is. */
export interface KeptRights {
  permissions: readonly Permission[];
  scope: Scope;
}

/** Whether `rights` hold all that the earlier ones did. */
export function stillHas(rights: KeptRights | null, earlier: KeptRights | null): boolean {
  if (!rights || !earlier) return rights === earlier;
  const may = earlier.permissions.every((permission) => rights.permissions.includes(permission));
  return may && includesScope(rights.scope, earlier.scope);
}

/** An answer as it went out. */
export interface KeptAnswer {
  /** What whoever asked might do at the time; who may less by now is not shown what was shown then. */
  rights: KeptRights | null;
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** A TEXT column holds 65,535 bytes on MySQL; what is sealed is ASCII. */
const PART_LENGTH = 60_000;

/**
 * Sealed, since an answer may hold what is shown only once.
 * @returns at least one part, each short enough for a row of its own
 */
export function sealAnswer(
  box: SealedBox,
  { rights, status, headers, body }: KeptAnswer,
  place: string,
): string[] {
  const plain = JSON.stringify({ rights, status, headers, body: body.toString('base64') });
  const sealed = box.seal(plain, place);
  const count = Math.ceil(sealed.length / PART_LENGTH);
  return Array.from({ length: count }, (_, i) => sealed.slice(i * PART_LENGTH, (i + 1) * PART_LENGTH));
}

/** @throws CannotUnseal */
export function openAnswer(box: SealedBox, parts: readonly string[], place: string): KeptAnswer {
  const plain = box.unseal(parts.join(''), place);
  const { body, ...rest } = JSON.parse(plain) as Omit<KeptAnswer, 'body'> & { body: string };
  return { ...rest, body: Buffer.from(body, 'base64') };
}
