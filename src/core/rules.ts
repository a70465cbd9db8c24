import { LARGEST_ID } from './id';

/**
 * What a field's value must be. A rule answers with the sentence a client shows to a person, or null.
 * The sentences are those of the Zorio PBX API, which follows Laravel's English wording.
 */
export type Rule = (value: unknown, label: string) => string | null;

/** A field's name as people read it. */
export const label = (field: string): string => field.replaceAll('_', ' ');

/**
 * Characters that no text field takes: control characters, halves of surrogate pairs, and the two
 * that XML 1.0 has no way to write.
 */
const UNWRITABLE = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u;

/** A text of `min` to `max` characters (code points) without control characters. */
export function text({ min = 0, max }: { min?: number; max: number }): Rule {
  return (value, name) => {
    if (typeof value !== 'string') return `The ${name} must be a string.`;
    const length = [...value].length;
    if (length < min) return `The ${name} must be at least ${min} characters.`;
    if (length > max) return `The ${name} may not be greater than ${max} characters.`;
    return UNWRITABLE.test(value) ? `The ${name} format is invalid.` : null;
  };
}

/** Nothing that anybody sees: white space, what Unicode says is not shown, and Braille without a dot. */
const BLANK = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** A name as it is kept: NFC, so that two ways to write it are one; empty when there is nothing to see in it. */
export function asName(typed: string): string {
  return BLANK.test(typed) ? '' : typed.normalize('NFC');
}

/** A text of a given form. */
export function matching(form: RegExp): Rule {
  return (value, name) => {
    if (typeof value !== 'string') return `The ${name} must be a string.`;
    return form.test(value) ? null : `The ${name} format is invalid.`;
  };
}

/** What HTML calls a valid e-mail address, with a dot in its domain. */
const EMAIL =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/;

/** An e-mail address of at most 254 characters. */
export const email: Rule = (value, name) =>
  typeof value === 'string' && value.length <= 254 && EMAIL.test(value)
    ? null
    : `The ${name} must be a valid email address.`;

export function oneOf(values: readonly string[]): Rule {
  return (value, name) => (values.includes(value as string) ? null : `The selected ${name} is invalid.`);
}

export const boolean: Rule = (value, name) =>
  typeof value === 'boolean' ? null : `The ${name} field must be true or false.`;

/** Yes or no written in a query string. */
export const booleanText: Rule = (value, name) =>
  value === 'true' || value === 'false' ? null : `The ${name} field must be true or false.`;

export function integer({ min, max }: { min: number; max: number }): Rule {
  return (value, name) => {
    if (!Number.isInteger(value)) return `The ${name} must be an integer.`;
    const number = value as number;
    return number < min || number > max ? `The ${name} must be between ${min} and ${max}.` : null;
  };
}

/** A list; what stands in it is the caller's to check. */
export function list({ min, max }: { min: number; max: number }): Rule {
  return (value, name) => {
    if (!Array.isArray(value)) return `The ${name} must be an array.`;
    if (value.length < min) return `The ${name} must have at least ${min} items.`;
    return value.length > max ? `The ${name} may not have more than ${max} items.` : null;
  };
}

/** The id of another resource; whether that exists is asked of the database. */
export const reference: Rule = (value, name) => {
  if (!Number.isInteger(value)) return `The ${name} must be an integer.`;
  const number = value as number;
  return number < 1 || number > LARGEST_ID ? `The selected ${name} is invalid.` : null;
};

/** A whole number written in a query string. */
export function integerText({ min, max }: { min: number; max: number }): Rule {
  return (value, name) => {
    if (typeof value !== 'string' || !/^-?\d{1,15}$/.test(value)) return `The ${name} must be an integer.`;
    const number = Number(value);
    return number < min || number > max ? `The ${name} must be between ${min} and ${max}.` : null;
  };
}
