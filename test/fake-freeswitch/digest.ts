import { createHash, randomUUID } from 'node:crypto';

const md5 = (text: string): string => createHash('md5').update(text, 'utf8').digest('hex');

/** RFC 2617's A1, as a hex digest. */
export const a1Hash = (user: string, realm: string, password: string): string =>
  md5(`${user}:${realm}:${password}`);

/** A challenge and what a phone adds to it. */
export interface Challenge {
  nonce: string;
  cnonce: string;
  nc: string;
  qop: 'auth';
  uri: string;
  method: 'REGISTER';
}

export function newChallenge(): Challenge {
  return {
    nonce: randomUUID(),
    cnonce: '6b8b4567',
    nc: '00000001',
    qop: 'auth',
    uri: 'sip:127.0.0.1:5060',
    method: 'REGISTER',
  };
}

/** RFC 2617's response; the same sum on the phone's side and on FreeSWITCH's. */
export function digestResponse(a1: string, { method, uri, nonce, nc, cnonce, qop }: Challenge): string {
  return md5(`${a1}:${nonce}:${nc}:${cnonce}:${qop}:${md5(`${method}:${uri}`)}`);
}
