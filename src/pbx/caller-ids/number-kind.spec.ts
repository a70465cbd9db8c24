import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { guessKind } from './number-kind';

/** What the library says of numbers with the prefix; in some, not every next digit is given out. */
function typesOf(prefix: string): unknown[] {
  const numbers = [...'0123456789'].map((next) => `${prefix}${next}345678`);
  const types = numbers.map((number) => parsePhoneNumberFromString(number, 'VN')?.getType());
  return [...new Set(types.filter((type) => type !== undefined))];
}

const VIETNAMESE: Record<string, string[]> = {
  viettel: ['032', '033', '034', '035', '036', '037', '038', '039', '086', '096', '097', '098'],
  vinaphone: ['081', '082', '083', '084', '085', '088', '091', '094'],
  mobifone: ['070', '076', '077', '078', '079', '089', '090', '093'],
  vietnamobile: ['052', '056', '058', '092'],
  other: ['055', '059', '087', '099'],
};

it.each(Object.entries(VIETNAMESE))(
  'knows the mobile numbers of %s by their prefixes',
  (carrier, prefixes) => {
    for (const prefix of prefixes) {
      const number = `${prefix}2345678`;
      expect([prefix, typesOf(prefix)]).toEqual([prefix, ['MOBILE']]);
      for (const written of [number, `84${number.slice(1)}`, `+84${number.slice(1)}`]) {
        expect([written, guessKind(written, '84')]).toEqual([written, { carrier, cliType: 'mobile' }]);
      }
    }
  },
);

it.each([
  ['02812345678', '84', 'landline', 'fixed_02x'],
  ['+842432345678', '84', 'landline', 'fixed_02x'],
  ['19001234', '84', 'other', 'hotline_1900'],
  ['1800123456', '84', 'other', 'hotline_1800'],
  ['0612345678', '84', 'other', 'mobile'],
  // Of another country than the tenant's.
  ['+84912345678', '33', 'vinaphone', 'mobile'],
  ['+33142685300', '84', 'landline', 'fixed_02x'],
  ['+33612345678', '84', 'other', 'mobile'],
  ['0612345678', '33', 'other', 'mobile'],
  ['0142685300', '33', 'landline', 'fixed_02x'],
  ['+33800123456', '33', 'other', 'hotline_1800'],
  ['0899123456', '33', 'other', 'hotline_1900'],
  ['+4418001111', '44', 'other', 'mobile'],
  ['08081570192', '44', 'other', 'hotline_1800'],
  ['1800123456', '61', 'other', 'hotline_1800'],
  // Of these nobody can tell.
  ['+12025550123', '1', 'other', 'mobile'],
  ['999999999999999', '84', 'other', 'mobile'],
])('%s in a country of code %s is of %s, %s', (number, code, carrier, cliType) => {
  expect(guessKind(number, code)).toEqual({ carrier, cliType });
});
