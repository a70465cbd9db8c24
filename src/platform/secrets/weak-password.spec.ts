import { dictionary } from '@zxcvbn-ts/language-common';
import { generatePassword } from './password';
import { weakness } from './weak-password';

const NUMBER = { name: 'extension number', value: '90010001' };
const BLANK = 'The sip password must not be blank.';
const OWN = 'The sip password must not be the extension number.';
const COMMON = 'The sip password must not be one of the 10,000 most common passwords.';
const COMMON_ONES = dictionary['passwords-common'];

describe('a password', () => {
  it.each([
    ['        ', BLANK],
    ['\u00A0\u3000\u2003     ', BLANK],
    ['\u200B'.repeat(8), BLANK],
    ['90010001', OWN],
    [' 90010001 ', OWN],
    ['password', COMMON],
    ['PassWord', COMMON],
    ['12345678', COMMON],
    [' password1', COMMON],
    ['password for 9001', null],
    ['90010002', null],
    ['mật khẩu mới', null],
  ])('%j: %s', (password, sentence) => {
    expect(weakness('sip password', password, NUMBER)).toBe(sentence);
  });

  it('may be the 10,001st, not the 10,000th', () => {
    expect(weakness('sip password', COMMON_ONES[9_999]!, NUMBER)).toBe(COMMON);
    expect(weakness('sip password', COMMON_ONES[10_000]!, NUMBER)).toBeNull();
  });

  it('that is generated is never weak', () => {
    const made = Array.from({ length: 500 }, generatePassword);
    expect(made.filter((password) => weakness('sip password', password, NUMBER) !== null)).toEqual([]);
    expect(COMMON_ONES.slice(0, 10_000).filter(({ length }) => length >= 24)).toEqual([]);
  });
});
