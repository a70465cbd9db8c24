import { createSecret, readToken, secretHash } from './token';

it('reads a token into its parts', () => {
  const secret = createSecret();
  expect(readToken(`12|${secret}`)).toEqual({ id: 12, secret });
});

it.each([
  '',
  '|',
  '12',
  '12|short',
  `0|${'a'.repeat(40)}`,
  `-1|${'a'.repeat(40)}`,
  `9999999999|${'a'.repeat(40)}`,
  `1|${'a'.repeat(39)}`,
  `1|${'a'.repeat(39)}!`,
])('takes %j for none', (token) => {
  expect(readToken(token)).toBeNull();
});

it('keeps a hash of 64 hex digits', () => {
  expect(secretHash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
