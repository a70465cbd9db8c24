import { createHash } from 'node:crypto';
import { LARGEST_ID } from '../../core/id';
import { randomAlphanumerics } from '../../platform/secrets/password';

const SECRET_LENGTH = 40;
const TOKEN = /^([1-9][0-9]{0,9})\|([A-Za-z0-9]{40,100})$/;

/** The parts of a token `<id>|<secret>`, or null when it is none. */
export function readToken(token: string): { id: number; secret: string } | null {
  const [, id, secret] = TOKEN.exec(token) ?? [];
  return id === undefined || secret === undefined || Number(id) > LARGEST_ID
    ? null
    : { id: Number(id), secret };
}

export function createSecret(): string {
  return randomAlphanumerics(SECRET_LENGTH);
}

/** What is kept of a secret: hex SHA-256. */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
