import { type NumberType, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { type Carrier, type CliType } from '../../schema/caller-id.entity';
import { canonicalNumber, SERVICE_NUMBER } from './phone-number';

/** Whose number it is, and of what sort. */
export interface NumberKind {
  carrier: Carrier;
  cliType: CliType;
}

const VIETNAM = '84';

/**
 * By the digits after the country code. A number that moved to another carrier keeps its prefix, so the
 * carrier is a guess; those without a name in the API (Gmobile, Itel, Wintel and others) are `other`.
 */
const VIETNAMESE: readonly [prefixes: RegExp, kind: NumberKind][] = [
  [/^(3[2-9]|86|9[678])/, { carrier: 'viettel', cliType: 'mobile' }],
  [/^(8[1-58]|9[14])/, { carrier: 'vinaphone', cliType: 'mobile' }],
  [/^(7[06-9]|89|9[03])/, { carrier: 'mobifone', cliType: 'mobile' }],
  [/^(5[268]|92)/, { carrier: 'vietnamobile', cliType: 'mobile' }],
  [/^2/, { carrier: 'landline', cliType: 'fixed_02x' }],
  [/^1900/, { carrier: 'other', cliType: 'hotline_1900' }],
  [/^1800/, { carrier: 'other', cliType: 'hotline_1800' }],
];

const OTHER: NumberKind = { carrier: 'other', cliType: 'mobile' };

const ELSEWHERE: Partial<Record<NonNullable<NumberType>, NumberKind>> = {
  FIXED_LINE: { carrier: 'landline', cliType: 'fixed_02x' },
  TOLL_FREE: { carrier: 'other', cliType: 'hotline_1800' },
  PREMIUM_RATE: { carrier: 'other', cliType: 'hotline_1900' },
  SHARED_COST: { carrier: 'other', cliType: 'hotline_1900' },
};

/**
 * What a number most likely is, for who does not say: Vietnamese ones by their prefix, others by the
 * library's knowledge of each country's numbers; what cannot be told is `mobile` of carrier `other`.
 * @param number as PHONE_NUMBER has it
 * @param countryCode the tenant's
 */
export function guessKind(number: string, countryCode: string): NumberKind {
  const canonical = canonicalNumber(number, countryCode);
  // One of the tenant's own country.
  const isService = SERVICE_NUMBER.test(canonical);
  if (canonical.startsWith(VIETNAM) || (isService && countryCode === VIETNAM)) {
    const national = isService ? canonical : canonical.slice(VIETNAM.length);
    return VIETNAMESE.find(([prefixes]) => prefixes.test(national))?.[1] ?? OTHER;
  }
  const parsed = isService
    ? parsePhoneNumberFromString(canonical, { defaultCallingCode: countryCode })
    : parsePhoneNumberFromString(`+${canonical}`);
  return ELSEWHERE[parsed?.getType() ?? 'MOBILE'] ?? OTHER;
}
