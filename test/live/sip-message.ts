import { createHash } from 'node:crypto';
import { type Account } from './sipp';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** The status of an answer; 0: it is a request, or nothing. */
export function statusOf(text: string): number {
  return Number(/^SIP\/2.0 (\d{3})/.exec(text)?.[1] ?? 0);
}

/** The method of a request; empty: it is an answer. */
export function methodOf(text: string): string {
  return /^([A-Z]+) sip/.exec(text)?.[1] ?? '';
}

/** The first header of that name, without it. */
export function headerOf(text: string, name: string): string {
  return new RegExp(`^${name}: *(.*)$`, 'im').exec(text)?.[1]?.trim() ?? '';
}

/** All of that name, the names included: what an answer repeats. */
export function headersOf(text: string, name: string): string[] {
  return text.split(/\r?\n\r?\n/)[0]?.match(new RegExp(`^${name}:.*$`, 'gim')) ?? [];
}

/** The line that answers the challenge, in the realm of the challenge, as every phone does; empty: it is none. */
export function credentials(challenge: string, account: Account, method: string, uri: string): string {
  const [, proxy, nonce] = /^(Proxy|WWW)-Authenticate:.*nonce="([^"]*)"/im.exec(challenge) ?? [];
  const realm = /^\S+-Authenticate:.*realm="([^"]*)"/im.exec(challenge)?.[1];
  if (proxy === undefined || realm === undefined) return '';
  const { number, password } = account;
  const secret = md5(`${number}:${realm}:${password}`);
  const response = md5(`${secret}:${nonce}:00000001:c:auth:${md5(`${method}:${uri}`)}`);
  const name = proxy.toLowerCase() === 'proxy' ? 'Proxy-Authorization' : 'Authorization';
  return (
    `${name}: Digest username="${number}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
    `response="${response}", algorithm=MD5, cnonce="c", nc=00000001, qop=auth`
  );
}

/** RTP's numbers of the codecs that a phone speaks, the one that it likes best first. */
const NAMES: Record<number, string> = { 0: 'PCMU/8000', 8: 'PCMA/8000', 9: 'G722/8000' };

/** A session description for audio at a loopback port. */
export function sdp(port: number, codecs: readonly number[]): string {
  const lines = [
    'v=0',
    'o=phone 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP ${codecs.join(' ')}`,
    ...codecs.map((codec) => `a=rtpmap:${codec} ${NAMES[codec] ?? 'unknown/8000'}`),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** The codecs that a message offers or takes, by their RTP numbers. */
export function codecsOf(text: string): number[] {
  return (/^m=audio \d+ \S+ ([\d ]+)/m.exec(text)?.[1] ?? '').split(' ').map(Number);
}
