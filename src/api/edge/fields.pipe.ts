import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { getMetadataStorage, validateSync } from 'class-validator';
import { InvalidData, MalformedRequest, type FieldErrors } from '../../core/errors';
import { nameFields, nullableFields } from './field';
import { asName } from '../../core/rules';

type Dto = new () => object;

/**
 * Turns a body or query into its DTO: fields that the DTO does not know are ignored, the others are
 * held to their rules.
 */
@Injectable()
export class FieldsPipe implements PipeTransform {
  transform(value: unknown, { metatype, type }: ArgumentMetadata): unknown {
    if ((type !== 'body' && type !== 'query') || metatype === undefined || metatype === Object) return value;
    return readFields(metatype as Dto, value);
  }
}

/**
 * @param given without it, no field is
 * @throws MalformedRequest when `given` is not an object
 * @throws InvalidData with a sentence for each wrong field
 */
export function readFields<T extends object>(dto: new () => T, given: unknown = {}): T {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new MalformedRequest();
  const read = Object.assign(new dto(), known(dto, given as Record<string, unknown>));
  const errors: FieldErrors = {};
  for (const { property, constraints } of validateSync(read))
    errors[property] = Object.values(constraints ?? {});
  if (Object.keys(errors).length > 0) throw new InvalidData(errors);
  return read;
}

function known(dto: Dto, given: Record<string, unknown>): Record<string, unknown> {
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  const fields = [...new Set(rules.map((rule) => rule.propertyName))].filter((field) =>
    Object.hasOwn(given, field),
  );
  return Object.fromEntries(fields.map((field) => [field, asKept(dto, field, given[field])]));
}

function asKept(dto: Dto, field: string, given: unknown): unknown {
  const value = typeof given === 'string' && nameFields(dto).has(field) ? asName(given) : given;
  return value === '' && nullableFields(dto).has(field) ? null : value;
}
