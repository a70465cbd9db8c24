import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { basic, XML_CURL_PASSWORD } from '../harness/dialplane';

interface Recorded {
  name: string;
  body: string;
}

const FIRST_NUMBER = 100_000;

/** The numbers of `extensions` extensions: all of six digits, so that every lookup is as long. */
export function numberAt(index: number): string {
  return String(FIRST_NUMBER + index);
}

export function randomNumber(extensions: number): string {
  return numberAt(Math.floor(Math.random() * extensions));
}

/** Makes lookups of random users. */
export function lookups(extensions: number): () => string {
  return () => lookupOf(randomNumber(extensions));
}

/** What FreeSWITCH was recorded to send for a REGISTER of 1001@pbx.test, for another user. */
export function lookupOf(user: string, domain = 'pbx.test'): string {
  const body = recorded().replaceAll('1001', user).replaceAll('pbx.test', domain);
  return [
    'POST /freeswitch/directory HTTP/1.1',
    'Host: 127.0.0.1',
    `Authorization: ${basic('freeswitch', XML_CURL_PASSWORD)}`,
    'User-Agent: freeswitch-xml/1.0',
    'Accept: */*',
    `Content-Length: ${body.length}`,
    'Content-Type: application/x-www-form-urlencoded',
    '',
    body,
  ].join('\r\n');
}

let recording: string | undefined;

function recorded(): string {
  if (recording !== undefined) return recording;
  const path = join('test', 'fixtures', 'freeswitch', 'xml_curl-requests.jsonl');
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  const all = lines.map((line) => JSON.parse(line) as Recorded);
  return (recording = all.find(({ name }) => name === 'directory-sip_auth-REGISTER')?.body ?? '');
}

export function apiGet(token: string, path: () => string): () => string {
  return () => `GET /api/pbx${path()} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`;
}
