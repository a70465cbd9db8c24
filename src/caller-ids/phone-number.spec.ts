import { canonicalNumber, isPhoneNumber, PHONE_NUMBER } from './phone-number';

it.each([
  ['0987654321', '84', '84987654321'],
  ['84987654321', '84', '84987654321'],
  ['+84987654321', '84', '84987654321'],
  ['0281234567', '84', '84281234567'],
  ['19001234', '84', '19001234'],
  ['1800123456', '84', '1800123456'],
  ['0612345678', '33', '33612345678'],
  ['12025550123', '84', '12025550123'],
])('%s in a country of code %s is %s', (number, code, canonical) => {
  expect(canonicalNumber(number, code)).toBe(canonical);
});

it('has 8 to 15 digits', () => {
  for (const number of ['19001234', '+84987654321', '123456789012345']) expect(number).toMatch(PHONE_NUMBER);
  for (const number of ['1234567', '1234567890123456', '+', '09 00', '0900000020x', '']) {
    expect(number).not.toMatch(PHONE_NUMBER);
  }
});

it.each([
  ['09999999999999', '84', true],
  ['099999999999999', '84', false],
  ['09999999999999', '856', false],
  ['+099999999999999', '856', false],
  ['999999999999999', '856', true],
  ['19001234', '856', true],
  ['abc', '84', false],
])('%s in a country of code %s is a number: %s', (number, code, is) => {
  expect(isPhoneNumber(number, code)).toBe(is);
});
