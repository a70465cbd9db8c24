import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'fast-querystring';
import { LOOKUP_FIELDS, readLookupForm } from './lookup-form';

const recordings = readFileSync(
  join(__dirname, '../../../test/fixtures/freeswitch/xml_curl-requests.jsonl'),
  'utf8',
);
const recorded = recordings
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { body: string }).body);

/** The same fields of the whole form, parsed. */
function parsed(form: string): Record<string, unknown> {
  const all = Object.entries(parse(form) as Record<string, unknown>);
  return Object.fromEntries(all.filter(([name]) => (LOOKUP_FIELDS as readonly string[]).includes(name)));
}

const ODD = [
  '',
  '&',
  '=',
  'user',
  'user=',
  'user=&user=',
  'user=1001&user=1002',
  'user=1001&user',
  '&&user=1001&&domain=pbx.test&',
  'user=a=b',
  '%75ser=1001&us%65r=1002',
  'user=%31%30&domain=a%2Bb+c',
  'user=%zz&domain=%',
  'user=%E1%BA%A1&group=B%C3%A1n+h%C3%A0ng+%22A%22',
  'user=%E1',
  ' user=1001&user =1002&User=1003',
  '__proto__=x&constructor=y&user=1001',
  'Core-UUID=1&Core%2DUUID=2&Core+UUID=3',
];

it.each([...recorded, ...ODD])('reads %s as if all of it were parsed', (form) => {
  const read = { ...readLookupForm(form) } as Record<string, unknown>;
  for (const name of Object.keys(read))
    if (!(LOOKUP_FIELDS as readonly string[]).includes(name)) delete read[name];
  expect(read).toEqual(parsed(form));
});

it('leaves the rest unread', () => {
  expect({
    ...readLookupForm(recorded.find((form) => form.includes('sip_user_agent')) ?? ''),
  }).not.toHaveProperty('sip_user_agent');
});
