import { mailable } from './user-xml';

it.each(['an@mail.test', 'an.ng+vm@mail.test', 'A-1_b@a-b.test'])('%s may reach the mailer', (address) => {
  expect(mailable(address)).toBe(true);
});

it.each([
  '-oQ/tmp@mail.test',
  'x`id`@mail.test',
  'x$IFS@mail.test',
  'a|b@mail.test',
  "o'brien@mail.test",
  'a&b@mail.test',
  'a/b@mail.test',
  'a@-x.test',
  'a@mail.test\n',
  'a@b@c.test',
  `${'a'.repeat(250)}@a.test`,
  '',
])('%j may not', (address) => {
  expect(mailable(address)).toBe(false);
});
