import { ValidateBy } from 'class-validator';
import { label, type Rule, text } from '../../core/rules';

/**
 * - required: absent, null and '' are refused;
 * - optional: may be absent;
 * - nullable: may be absent or null, and '' means null (see fields.pipe.ts).
 */
export type Requirement = 'required' | 'optional' | 'nullable';

/** Holds a DTO's property to a rule; the sentence is the rule's own. */
export function Field(presence: Requirement, rule: Rule): PropertyDecorator {
  const sentence = (value: unknown, field: string): string | null => {
    if (presence === 'required' && (value === undefined || value === null || value === '')) {
      return `The ${label(field)} field is required.`;
    }
    if (presence !== 'required' && value === undefined) return null;
    if (presence === 'nullable' && value === null) return null;
    return rule(value, label(field));
  };
  return (target, property) => {
    if (presence === 'nullable') nullables.of(target.constructor).add(property);
    ValidateBy({
      name: 'field',
      validator: {
        validate: (value, args) => sentence(value, args?.property ?? '') === null,
        defaultMessage: (args) => sentence(args?.value, args?.property ?? '') ?? '',
      },
    })(target, property);
  };
}

/** A name that people read, of at most `max` characters, is also brought to the form of `asName` first. */
export function Name(presence: Requirement, { max }: { max: number }): PropertyDecorator {
  const field = Field(presence, text({ min: presence === 'nullable' ? 0 : 1, max }));
  return (target, property) => {
    names.of(target.constructor).add(property);
    field(target, property);
  };
}

type Properties = Set<string | symbol>;

/** Properties of DTOs that have something in common. */
class Marked {
  private readonly known = new WeakMap<object, Properties>();

  /** A DTO's, its parents' included. */
  of(dto: object): Properties {
    let own = this.known.get(dto);
    if (!own) {
      const parent: unknown = Object.getPrototypeOf(dto);
      own = new Set(parent instanceof Function ? this.of(parent) : []);
      this.known.set(dto, own);
    }
    return own;
  }
}

const nullables = new Marked();
const names = new Marked();

/** The properties of a DTO for which '' means null. */
export const nullableFields = (dto: object): Properties => nullables.of(dto);

/** Those that are names. */
export const nameFields = (dto: object): Properties => names.of(dto);
