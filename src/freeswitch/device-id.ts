import { createHash } from 'node:crypto';

/**
 * Names one contact on one node: the first 16 hex digits of SHA-256 over node, profile and contact. The
 * same as long as the phone keeps its contact, whatever its Call-ID.
 * @param contact as `sofia xmlstatus` shows it
 */
export function deviceId(node: string, profile: string, contact: string): string {
  return createHash('sha256').update(`${node}|${profile}|${contact}`).digest('hex').slice(0, 16);
}
