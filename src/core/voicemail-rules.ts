import { email, type Rule } from './rules';

/** What a PIN is: digits that a telephone can dial. Doctor and audit name the easy ones; none of these is refused. */
export const VOICEMAIL_PIN = /^[0-9]{4,20}$/;

/** A PIN as a client sets it. */
export const voicemailPin: Rule = (value, name) => {
  if (typeof value !== 'string') return `The ${name} must be a string.`;
  return VOICEMAIL_PIN.test(value) ? null : `The ${name} must be between 4 and 20 digits.`;
};

/** Whether a PIN that is kept can be dialled; older ones may hold anything. */
export const isDiallable = (pin: string): boolean => VOICEMAIL_PIN.test(pin);

/** Why a mailbox's PIN protects it badly: none: nobody can hear the messages by telephone. */
export const PIN_FAULTS = ['none', 'cannot be dialled', 'obvious'] as const;
export type PinFault = (typeof PIN_FAULTS)[number];

/** What is to be said of the PIN of extension `number`, or null. */
export function pinFault(pin: string | null, number: string): PinFault | null {
  if (pin === null) return 'none';
  if (!isDiallable(pin)) return 'cannot be dialled';
  return isObvious(pin, number) ? 'obvious' : null;
}

/** The own number, one digit or one group over and over, or digits in a row, up or down. */
function isObvious(pin: string, number: string): boolean {
  return pin === number || /^(\d{1,10}?)\1+$/.test(pin) || isRun(pin, 1) || isRun(pin, 9);
}

/** Whether each digit is the one before it plus `step`; 0 follows 9. */
function isRun(pin: string, step: number): boolean {
  return [...pin].every(
    (digit, place) => place === 0 || Number(digit) === (Number(pin[place - 1]) + step) % 10,
  );
}

/**
 * Whether FreeSWITCH's mailer may be given this address. FreeSWITCH fact: it ends in the command line
 * of a shell, and up to 1.10 without quotes; one that begins with - would be an option of sendmail.
 */
export function mailable(address: string): boolean {
  return address.length <= 254 && /^[A-Za-z0-9_+][A-Za-z0-9._+-]*@[A-Za-z0-9][A-Za-z0-9.-]*$/.test(address);
}

/** An e-mail address that can be mailed. */
export const voicemailEmail: Rule = (value, name) =>
  email(value, name) ??
  (mailable(value as string)
    ? null
    : `The ${name} may hold only letters, digits and . _ + - before the @, and not begin with . or -.`);
