import { createHash } from 'node:crypto';
import { PreconditionFailed } from './errors';

/** The ETag of a resource: of every field of it that can be changed, secrets as they are kept included. */
export function etagOf(fields: Record<string, unknown>): string {
  return `"${createHash('sha256').update(JSON.stringify(fields)).digest('base64url').slice(0, 27)}"`;
}

/**
 * Holds a change to what its If-Match header says; compared strongly, so a weak tag never matches.
 * @throws PreconditionFailed when the resource is no longer the one that was read
 */
export function requireMatch(ifMatch: string | undefined, fields: Record<string, unknown>): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (!tags.includes(etagOf(fields))) throw new PreconditionFailed();
}
