import { ApiPropertyOptional } from '@nestjs/swagger';
import { type FieldErrors, InvalidData } from '../../../core/errors';
import { Field } from '../../edge/field';
import { label, list, oneOf, reference } from '../../../core/rules';
import { DisconnectQuery } from './extension-input.dto';
import { EXTENSION_NUMBER } from '../../../core/extension-number';
import { MAX_ROTATED, type Selection } from '../../../pbx/extensions/password-rotation.service';

const NUMBERS = { min: 1, max: MAX_ROTATED };

/** POST /api/pbx/extensions/change-passwords: exactly one of the three. */
export class ChangePasswordsDto {
  @ApiPropertyOptional({ type: 'integer', nullable: true, description: 'The extensions of a team.' })
  @Field('nullable', reference)
  team_id?: number | null;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', pattern: EXTENSION_NUMBER.source },
    minItems: NUMBERS.min,
    maxItems: NUMBERS.max,
    nullable: true,
    example: ['1001', '1002'],
    description: 'These extensions; one that is listed twice is rotated once.',
  })
  @Field('nullable', list(NUMBERS))
  extension_numbers?: unknown[] | null;

  @ApiPropertyOptional({ enum: [true], description: 'Every extension of the account.' })
  @Field('nullable', (value, name) => (value === true ? null : `The ${name} field must be true.`))
  all?: true | null;
}

export class ChangePasswordsQuery extends DisconnectQuery {
  @ApiPropertyOptional({ enum: ['json', 'csv'], description: 'Instead of the Accept header.' })
  @Field('optional', oneOf(['json', 'csv']))
  format?: 'json' | 'csv';
}

/** @throws InvalidData unless exactly one selection is given, and every number of a list can be one */
export function readSelection({ team_id, extension_numbers, all }: ChangePasswordsDto): Selection {
  const fields = { team_id: team_id ?? null, extension_numbers: extension_numbers ?? null, all: all ?? null };
  const [first, second] = Object.entries(fields).flatMap(([field, value]) => (value === null ? [] : [field]));
  if (first === undefined) {
    const sentence = 'The team id field is required when none of extension numbers and all are present.';
    throw InvalidData.field('team_id', sentence);
  }
  if (second !== undefined) {
    const sentence = `The ${label(second)} field prohibits ${label(first)} from being present.`;
    throw InvalidData.field(second, sentence);
  }
  if (fields.team_id !== null) return { teamId: fields.team_id };
  if (fields.extension_numbers === null) return { all: true };
  return { numbers: readNumbers(fields.extension_numbers) };
}

function readNumbers(given: unknown[]): string[] {
  refuseEach(given, (number, name) => {
    if (typeof number !== 'string') return `The ${name} must be a string.`;
    return EXTENSION_NUMBER.test(number) ? null : `The ${name} format is invalid.`;
  });
  return given as string[];
}

/**
 * @param sentence what is wrong with an element, or null
 * @throws InvalidData naming each wrong one by its place in the list, as in `extension_numbers.3`
 */
function refuseEach<T>(numbers: readonly T[], sentence: (number: T, name: string) => string | null): void {
  const errors: FieldErrors = {};
  for (const [place, number] of numbers.entries()) {
    const wrong = sentence(number, `extension numbers.${place}`);
    if (wrong !== null) errors[`extension_numbers.${place}`] = [wrong];
  }
  if (Object.keys(errors).length > 0) throw new InvalidData(errors);
}
