import { ValidateBy } from 'class-validator';
import { label, type Rule } from './rules';

/**
 * - required: absent, null and '' are refused;
 * - optional: may be absent;
 * - nullable: may be absent or null, and '' means null (see fields.pipe.ts).
 */
export type Presence = 'required' | 'optional' | 'nullable';

/** Holds a DTO's property to a rule; the sentence is the rule's own. */
export function Field(presence: Presence, rule: Rule): PropertyDecorator {
  const sentence = (value: unknown, field: string): string | null => {
    if (presence === 'required' && (value === undefined || value === null || value === '')) {
      return `The ${label(field)} field is required.`;
    }
    if (presence !== 'required' && value === undefined) return null;
    if (presence === 'nullable' && value === null) return null;
    return rule(value, label(field));
  };
  return (target, property) => {
    if (presence === 'nullable') nullable(target.constructor).add(property);
    ValidateBy({
      name: 'field',
      validator: {
        validate: (value, args) => sentence(value, args?.property ?? '') === null,
        defaultMessage: (args) => sentence(args?.value, args?.property ?? '') ?? '',
      },
    })(target, property);
  };
}

const nullables = new WeakMap<object, Set<string | symbol>>();

/** The properties of a DTO for which '' means null, its parents' included. */
export function nullable(dto: object): Set<string | symbol> {
  let own = nullables.get(dto);
  if (!own) {
    const parent: unknown = Object.getPrototypeOf(dto);
    own = new Set(parent instanceof Function ? nullable(parent) : []);
    nullables.set(dto, own);
  }
  return own;
}
