import { isSipDomain } from './sip-domain';

it.each(['pbx.local', 'a', 'a1.test', 'x-y.test', 'pbx.example.co', `${'a'.repeat(63)}.test`])(
  '%s may be a domain',
  (domain) => {
    expect(isSipDomain(domain)).toBe(true);
  },
);

it.each([
  '',
  '1pbx.test',
  '10.0.0.1',
  'PBX.test',
  '-a.test',
  'a-.test',
  'a..test',
  '.a',
  'a.',
  'a b',
  'a/b',
  'a@b',
  'a\n',
  'đà.test',
  'a_b.test',
  'anonymous.invalid',
  '$${domain}',
  `${'a'.repeat(64)}.test`,
  `${'a.'.repeat(95)}a`,
])('%j may not', (domain) => {
  expect(isSipDomain(domain)).toBe(false);
});
