import { CannotUnseal, SealedBox } from '../../../platform/secrets/sealed-box';
import { type FingerprintedRequest, fingerprints, hashOfKey, isIdempotencyKey } from './fingerprint';
import { openAnswer, sealAnswer } from './kept-answer';

const KEY = Buffer.alloc(32, 1);
const box = new SealedBox(KEY);
const headers = { 'content-type': 'application/json; charset=utf-8' };

it.each(['a', '~', '!"#', 'x'.repeat(255), '6f9619ff-8b86-d011-b42d-00c04fc964ff'])('%j is a key', (key) => {
  expect(isIdempotencyKey(key)).toBe(true);
});

it.each(['', ' ', 'a b', 'a\t', 'é', '\x7f', 'x'.repeat(256), undefined, ['a']])('%j is no key', (key) => {
  expect(isIdempotencyKey(key)).toBe(false);
});

it('keys that differ in case are two keys', () => {
  expect(hashOfKey('a')).not.toBe(hashOfKey('A'));
});

it('a fingerprint tells requests apart, and needs the installation key', () => {
  const asked: FingerprintedRequest = {
    method: 'POST',
    url: '/api/pbx/extensions',
    body: { voicemail_pin: '4321' },
  };
  const of = fingerprints(KEY);
  expect(of({ ...asked, body: { voicemail_pin: '4321' } })).toBe(of(asked));
  for (const other of [
    { ...asked, method: 'PUT' },
    { ...asked, url: '/api/pbx/extensions?x=1' },
    { ...asked, body: { voicemail_pin: '4322' } },
    { ...asked, body: undefined },
  ])
    expect(of(other)).not.toBe(of(asked));
  expect(fingerprints(Buffer.alloc(32, 2))(asked)).not.toBe(of(asked));
});

it.each([0, 1, 100, 1_000_000])('an answer of %i bytes comes back as it was, from parts', (length) => {
  const body = Buffer.from(Array.from({ length }, (_, i) => i % 256));
  const parts = sealAnswer(box, { rights: null, status: 201, headers, body }, 'here');
  for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(65_535);
  const { body: opened, ...rest } = openAnswer(box, parts, 'here');
  expect(rest).toEqual({ rights: null, status: 201, headers });
  expect(opened.equals(body)).toBe(true);
});

it('an answer does not open with another key, elsewhere, or without a part', () => {
  const parts = sealAnswer(box, { rights: null, status: 201, headers, body: Buffer.alloc(100_000) }, 'here');
  expect(() => openAnswer(new SealedBox(Buffer.alloc(32, 2)), parts, 'here')).toThrow(CannotUnseal);
  expect(() => openAnswer(box, parts, 'there')).toThrow(CannotUnseal);
  expect(() => openAnswer(box, parts.slice(1), 'here')).toThrow(CannotUnseal);
});
