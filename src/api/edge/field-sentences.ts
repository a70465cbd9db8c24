import { type Fault, type FieldFault, type Weakness } from '../../core/faults';
import { type FieldErrors, type FieldInvalid } from '../../core/errors';
import { label } from '../../core/rules';

type Sentence<C> = (name: string, fault: Extract<FieldFault, { code: C }>) => string;

/** Laravel's English wording, where it has one. */
const SENTENCES: { [C in Fault['code']]: Sentence<C> } = {
  taken: (name) => `The ${name} has already been taken.`,
  not_found: (name) => `The selected ${name} is invalid.`,
  malformed: (name) => `The ${name} format is invalid.`,
  unchangeable: (name, { field }) => `The ${name} cannot be changed.${ADVICE[field] ?? ''}`,
  prohibited: (name) => `The ${name} field is prohibited.`,
  incorrect: (name) => `The ${name} is incorrect.`,
  out_of_range: (name, { min, max }) => `The ${name} must be between ${min} and ${max}.`,
  too_small: (name, { min }) => `The ${name} must be at least ${min}.`,
  not_a_host_name: (name) => `The ${name} must be a host name that begins with a letter.`,
  emergency_number: (name) => `The ${name} must not be an emergency number.`,
  quota_reached: (_, { max }) => `The account may not have more than ${max} extensions.`,
  duplicate: (name) => `The ${name} field has a duplicate value.`,
  too_many_rows: (_, { max }) => `No more than ${max} extensions may be imported at once.`,
  too_many_selected: (_, { max }) => `No more than ${max} extensions may be selected.`,
  caller_ids_exist: (name) => `The ${name} cannot be changed while the account has caller IDs.`,
  inactive_caller_id: (name) => `The ${name} field must be false for an inactive caller ID.`,
  weak_password: (name, { weakness, owner }) => `The ${name} must not be ${WEAK[weakness](owner)}.`,
};

const WEAK: Record<Weakness, (owner: string) => string> = {
  blank: () => 'blank',
  own_name: (owner) => `the ${owner}`,
  common: () => 'one of the 10,000 most common passwords',
};

/** What to do in place of a change that is refused, by field. */
const ADVICE: Readonly<Record<string, string>> = {
  extensionNumber: ' Make a new extension with POST /api/pbx/extensions and delete this one.',
};

/** The faults as /api/pbx, /api/auth and /api/platform answer them: snake_case names, the sentences of each. */
export function fieldErrors({ faults }: Pick<FieldInvalid, 'faults'>): FieldErrors {
  const errors: FieldErrors = {};
  for (const fault of faults) (errors[wireName(fault.field)] ??= []).push(sentenceOf(fault));
  return errors;
}

/**
 * The sentence names the field itself, not its place in a list: `callerIds.3.number` is "the number". A value in a list
 * of values has no other name: `extensionNumbers.3` is "the extension numbers.3".
 */
export function sentenceOf(fault: FieldFault): string {
  const write = SENTENCES[fault.code] as Sentence<Fault['code']>;
  const last = fault.field.split('.').at(-1) ?? '';
  return write(label(wireName(/^\d+$/.test(last) ? fault.field : last)), fault);
}

/** A neutral field name as these dialects write it: `callerIds.3.number` is `caller_ids.3.number`. */
export function wireName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
