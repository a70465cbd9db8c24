/** A number as a client may send it: 8 to 15 digits, maybe with a leading +. */
export const PHONE_NUMBER = /^\+?[0-9]{8,15}$/;

/** The beginning of a number, or all of it; no mere digits from its middle. */
const TYPED = /^[+0][0-9]{2,15}$|^[0-9]{8,15}$/;

/** National service numbers (hotlines), which have no international form. */
export const SERVICE_NUMBER = /^1[89]00[0-9]{0,6}$/;

/** What stands before a number with its country code (ITU-T E.123). */
const INTERNATIONAL = /^(?:\+|00(?=[1-9]))/;

/**
 * E.164 without `+`, so that all ways to write one number compare equal: a leading 0 stands for the country code (a
 * tenant's setting), and a 0 behind that code, as in +84(0)…, for nothing. To compare by, not to dial: in a country
 * whose numbers keep their 0, as Italy's do, it is missing.
 */
export function canonicalNumber(number: string, countryCode: string): string {
  const digits = number.replace(INTERNATIONAL, '');
  if (SERVICE_NUMBER.test(digits)) return digits;
  const ours = [`${countryCode}0`, '0'].find((beginning) => digits.startsWith(beginning));
  return ours === undefined ? digits : countryCode + digits.slice(ours.length);
}

/** What older versions let in beside another way to write the same number is known by its own digits (see migrations). */
export const asWritten = (number: string): string => number.replace(/^\+/, '');

/** What a canonical number begins with when somebody types this to find it; null when it looks like none. */
export function canonicalBeginning(typed: string, countryCode: string): string | null {
  return TYPED.test(typed) ? canonicalNumber(typed, countryCode) : null;
}

/** What E.164 allows. */
const MOST_DIGITS = 15;

/** Whether a number is one with its country, too. */
export function isPhoneNumber(number: string, countryCode: string): boolean {
  return PHONE_NUMBER.test(number) && canonicalNumber(number, countryCode).length <= MOST_DIGITS;
}
