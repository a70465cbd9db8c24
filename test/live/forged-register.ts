import { createHash, randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { type Account } from './sipp';

const DEADLINE_MS = 5_000;
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/**
 * A REGISTER for the same number in another domain, with the digest of one's own: what no honest phone
 * sends, and sipp cannot. Resolves with the status of the authenticated attempt.
 */
export function forgedRegister(
  sipPort: number,
  own: Account,
  victimDomain: string,
  contact: string,
): Promise<number> {
  const { number, domain, password } = own;
  const callId = randomUUID();
  const socket = createSocket('udp4');
  const send = (sequence: number, authorization: string[]): void => {
    const address = `<sip:${number}@${victimDomain}>`;
    const lines = [
      `REGISTER sip:${victimDomain} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${socket.address().port};rport;branch=z9hG4bK${randomUUID()}`,
      'Max-Forwards: 70',
      `From: ${address};tag=forged`,
      `To: ${address}`,
      `Call-ID: ${callId}`,
      `CSeq: ${sequence} REGISTER`,
      `Contact: <${contact}>`,
      'Expires: 300',
      ...authorization,
      'Content-Length: 0',
    ];
    socket.send(`${lines.join('\r\n')}\r\n\r\n`, sipPort, '127.0.0.1');
  };
  const digest = (nonce: string): string => {
    const uri = `sip:${victimDomain}`;
    const response = md5(
      `${md5(`${number}:${domain}:${password}`)}:${nonce}:00000001:c:auth:${md5(`REGISTER:${uri}`)}`,
    );
    return (
      `Authorization: Digest username="${number}", realm="${domain}", nonce="${nonce}", uri="${uri}", ` +
      `response="${response}", algorithm=MD5, cnonce="c", nc=00000001, qop=auth`
    );
  };
  return new Promise<number>((resolve, reject) => {
    let tries = 1;
    const timer = setTimeout(() => reject(new Error('no answer to the forged REGISTER')), DEADLINE_MS);
    socket.on('message', (message) => {
      const text = message.toString();
      const status = Number(/^SIP\/2.0 (\d{3})/.exec(text)?.[1] ?? 0);
      const nonce = /nonce="([^"]*)"/.exec(text)?.[1];
      if (status === 401 && tries === 1 && nonce) send(++tries, [digest(nonce)]);
      else if (status >= 200) resolve((clearTimeout(timer), status));
    });
    socket.bind(0, '127.0.0.1', () => send(1, []));
  }).finally(() => socket.close());
}
