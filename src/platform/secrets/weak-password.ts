import { dictionary } from '@zxcvbn-ts/language-common';
import { InvalidData } from '../../core/errors';
import { label } from '../../core/rules';

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
 * @returns the sentence a client shows to a person, or null
 */
export function weakness(name: string, password: string, owner: PasswordOwner): string | null {
  const guessed = password.trim().toLowerCase();
  // Invisible characters (zero width, direction marks) are no more than blanks.
  if (!/[^\s\p{Cf}]/u.test(guessed)) return `The ${name} must not be blank.`;
  if (guessed === owner.value.toLowerCase()) return `The ${name} must not be the ${owner.name}.`;
  return common.has(guessed) ? `The ${name} must not be one of the 10,000 most common passwords.` : null;
}

/**
 * @param policy the tenant
 * @param password absent: one is generated, which is never weak
 * @throws InvalidData
 */
export function refuseWeak(
  policy: { refuseWeakPasswords: boolean },
  field: string,
  password: string | null | undefined,
  owner: PasswordOwner,
): void {
  if (!policy.refuseWeakPasswords || password === null || password === undefined) return;
  const sentence = weakness(label(field), password, owner);
  if (sentence !== null) throw InvalidData.field(field, sentence);
}
