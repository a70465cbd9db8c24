import { mailable, pinFault, voicemailEmail, voicemailPin } from './voicemail-rules';

it.each(['an@mail.test', 'an.ng+vm@mail.test', 'A-1_b@a-b.test', '+x@b.cc', '_x@b.cc'])(
  '%s may reach the mailer',
  (address) => {
    expect(mailable(address)).toBe(true);
  },
);

it.each([
  '-oQ/tmp@mail.test',
  '.an@mail.test',
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

it('tells an address that is none from one that cannot be mailed', () => {
  expect(voicemailEmail('an@mail', 'voicemail email')).toBe(
    'The voicemail email must be a valid email address.',
  );
  expect(voicemailEmail("o'brien@mail.test", 'voicemail email')).toMatch(
    /^The voicemail email may hold only/,
  );
  expect(voicemailEmail('an@mail.test', 'voicemail email')).toBeNull();
});

it.each(['0000', '4711', '1'.repeat(20)])('the PIN %s can be set', (pin) => {
  expect(voicemailPin(pin, 'voicemail pin')).toBeNull();
});

it.each(['', '123', 'abcd', '12 34', '１２３４', '12345\n', '1'.repeat(21), '*123', '12.5'])(
  'the PIN %j cannot',
  (pin) => {
    expect(voicemailPin(pin, 'voicemail pin')).toBe('The voicemail pin must be between 4 and 20 digits.');
  },
);

it.each([
  [null, 'none'],
  ['abcd', 'cannot be dialled'],
  ['1', 'cannot be dialled'],
  ['0000', 'obvious'],
  ['1212', 'obvious'],
  ['123123', 'obvious'],
  ['1234', 'obvious'],
  ['7890', 'obvious'],
  ['4321', 'obvious'],
  ['6012', 'obvious'],
  ['4711', null],
  ['12341', null],
])('of the PIN %j of 6012 it says %j', (pin, fault) => {
  expect(pinFault(pin, '6012')).toBe(fault);
});
