import { createHash } from 'node:crypto';

/** The A1 hash of RFC 2617: hex MD5 of `user:realm:password` in UTF-8. FreeSWITCH's `a1-hash` takes no other. */
export function a1Hash(user: string, realm: string, password: string): string {
  return createHash('md5').update(`${user}:${realm}:${password}`, 'utf8').digest('hex');
}
