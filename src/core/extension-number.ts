/** An extension's number, everywhere one is read: 3 to 10 digits. */
export const EXTENSION_NUMBER = /^[0-9]{3,10}$/;

/** The order of numbers, not of texts: 200 stands before 1000. Of 0100 and 100 the longer is first. */
export function byNumber(one: string, other: string): number {
  return Number(one) - Number(other) || other.length - one.length;
}

/** Why an extension does not get a number that is called outside in any case. */
export const IS_EMERGENCY = 'The extension number must not be an emergency number.';
