import { dictionary } from '@zxcvbn-ts/language-common';
import { generatePassword } from './password';
import { weaknessOf } from './weak-password';

const NUMBER = { name: 'extension number', value: '90010001' };
const COMMON_ONES = dictionary['passwords-common'];

describe('a password', () => {
  it.each([
    ['        ', 'blank'],
    ['\u00A0\u3000\u2003     ', 'blank'],
    ['\u200B'.repeat(8), 'blank'],
    ['90010001', 'own_name'],
    [' 90010001 ', 'own_name'],
    ['password', 'common'],
    ['PassWord', 'common'],
    ['12345678', 'common'],
    [' password1', 'common'],
    ['password for 9001', null],
    ['90010002', null],
    ['mật khẩu mới', null],
  ])('%j: %s', (password, weakness) => {
    expect(weaknessOf(password, NUMBER)).toBe(weakness);
  });

  it('may be the 10,001st, not the 10,000th', () => {
    expect(weaknessOf(COMMON_ONES[9_999]!, NUMBER)).toBe('common');
    expect(weaknessOf(COMMON_ONES[10_000]!, NUMBER)).toBeNull();
  });

  it('that is generated is never weak', () => {
    const made = Array.from({ length: 500 }, generatePassword);
    expect(made.filter((password) => weaknessOf(password, NUMBER) !== null)).toEqual([]);
    expect(COMMON_ONES.slice(0, 10_000).filter(({ length }) => length >= 24)).toEqual([]);
  });
});
