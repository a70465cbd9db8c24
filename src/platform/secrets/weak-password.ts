import { dictionary } from '@zxcvbn-ts/language-common';
import { FieldInvalid } from '../../core/errors';
import { type Weakness } from '../../core/faults';

const MOST_COMMON = 10_000;

/** In lower case, the most common first. */
const common = new Set(dictionary['passwords-common'].slice(0, MOST_COMMON));

/** What a password belongs to and everybody knows, such as `{ name: 'extension number', value: '1001' }`. */
export interface PasswordOwner {
  name: string;
  value: string;
}

/**
 * What anybody would guess first, whatever its length: blanks, the owner's own name, and the 10,000 most common
 * passwords; without regard to case and to blanks around it.
 * @param name the field as people read it
 * @returns null when it is not weak
 */
export function weaknessOf(password: string, owner: PasswordOwner): Weakness | null {
  const guessed = password.trim().toLowerCase();
  // Invisible characters (zero width, direction marks) are no more than blanks.
  if (!/[^\s\p{Cf}]/u.test(guessed)) return 'blank';
  if (guessed === owner.value.toLowerCase()) return 'own_name';
  return common.has(guessed) ? 'common' : null;
}

/**
 * @param policy the tenant
 * @param password absent: one is generated, which is never weak
 * @throws FieldInvalid
 */
export function refuseWeak(
  policy: { refuseWeakPasswords: boolean },
  field: string,
  password: string | null | undefined,
  owner: PasswordOwner,
): void {
  if (!policy.refuseWeakPasswords || password === null || password === undefined) return;
  const weakness = weaknessOf(password, owner);
  if (weakness !== null)
    throw new FieldInvalid({ field, code: 'weak_password', weakness, owner: owner.name });
}
