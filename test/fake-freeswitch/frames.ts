import type { Pair } from './directory-xml';
import { asJson, asPlain } from './events';

const withBody = (type: string, body: string): string =>
  `Content-Type: ${type}\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`;

export const authRequest = (): string => 'Content-Type: auth/request\n\n';

export const commandReply = (text: string, ...headers: Pair[]): string =>
  `Content-Type: command/reply\nReply-Text: ${text}\n${headers.map(([name, value]) => `${name}: ${value}\n`).join('')}\n`;

/** An API that prints nothing answers so all the same. */
export const apiResponse = (body: string): string =>
  withBody('api/response', body === '' ? '-ERR no reply\n' : body);

export const disconnectNotice = (): string =>
  withBody('text/disconnect-notice', 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n');

export const rudeRejection = (): string => withBody('text/rude-rejection', 'Access Denied, go away.\n');

/** Events name their length first; FreeSWITCH sends their head and their body apart. */
export function eventFrame(format: 'json' | 'plain', event: Pair[]): [head: string, body: string] {
  const body = format === 'json' ? asJson(event) : asPlain(event);
  return [`Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-${format}\n\n`, body];
}
