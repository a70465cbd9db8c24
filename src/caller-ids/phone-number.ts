/** A number as a client may send it: 8 to 15 digits, maybe with a leading +. */
export const PHONE_NUMBER = /^\+?[0-9]{8,15}$/;

/** National service numbers, which have no international form. */
const HOTLINE = /^1[89]00/;

/**
 * E.164 without `+`, so that two ways to write one number compare equal: a leading 0 stands for the
 * country code (a tenant's setting).
 */
export function canonicalNumber(number: string, countryCode: string): string {
  const digits = number.replace(/^\+/, '');
  if (HOTLINE.test(digits) && digits.length <= 10) return digits;
  return digits.startsWith('0') ? countryCode + digits.slice(1) : digits;
}
