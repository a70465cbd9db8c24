import { createHash } from 'node:crypto';

/** What a device id looks like; anything else names no device. */
export const DEVICE_ID = /^[0-9a-f]{16}$/;

/**
 * The id of one phone's registration: the first 16 hex digits of SHA-256 over `node|profile|contact`. It
 * stays the same while the phone renews that contact there, and tells nothing of its address.
 * @param node the node's name
 * @param contact the Contact header as `sofia xmlstatus` shows it, unescaped (Registration.contact)
 */
export function deviceId(node: string, profile: string, contact: string): string {
  return createHash('sha256').update(`${node}|${profile}|${contact}`).digest('hex').slice(0, 16);
}
