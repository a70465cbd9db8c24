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

/** Makes lookups of random users: what FreeSWITCH was recorded to send for a REGISTER of 1001. */
export function lookups(extensions: number): () => string {
  const path = join('test', 'fixtures', 'freeswitch', 'xml_curl-requests.jsonl');
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  const recorded = lines.map((line) => JSON.parse(line) as Recorded);
  const body = recorded.find(({ name }) => name === 'directory-sip_auth-REGISTER')?.body ?? '';
  const parts = body.split('1001');
  const head = [
    'POST /freeswitch/directory HTTP/1.1',
    'Host: 127.0.0.1',
    `Authorization: ${basic('freeswitch', XML_CURL_PASSWORD)}`,
    'User-Agent: freeswitch-xml/1.0',
    'Accept: */*',
    `Content-Length: ${parts.join(numberAt(0)).length}`,
    'Content-Type: application/x-www-form-urlencoded',
  ].join('\r\n');
  return () => `${head}\r\n\r\n${parts.join(randomNumber(extensions))}`;
}

export function apiGet(token: string, path: () => string): () => string {
  return () => `GET /api/pbx${path()} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`;
}
