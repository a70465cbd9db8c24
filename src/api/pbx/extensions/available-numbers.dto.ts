import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { InvalidData } from '../../../core/errors';
import { Field } from '../../edge/field';
import { integerText, matching } from '../../../core/rules';
import { EXTENSION_NUMBER } from '../../../core/extension-number';
import { type NumberRange } from '../../../core/free-numbers';

const COUNT = { min: 1, max: 1_000 };
const FIRST = '1000';

export class AvailableNumbersQuery {
  @ApiPropertyOptional({
    type: 'string',
    pattern: EXTENSION_NUMBER.source,
    description: 'The first of the range. Absent: 1000, or 10…0 with as many digits as `to`.',
  })
  @Field('nullable', matching(EXTENSION_NUMBER))
  from?: string | null;

  @ApiPropertyOptional({
    type: 'string',
    pattern: EXTENSION_NUMBER.source,
    description: 'The last of the range. Absent: 9…9 with as many digits as `from`.',
  })
  @Field('nullable', matching(EXTENSION_NUMBER))
  to?: string | null;

  @ApiPropertyOptional({ type: 'integer', minimum: COUNT.min, maximum: COUNT.max, default: 20 })
  @Field('optional', integerText(COUNT))
  count?: string;
}

export class AvailableNumbersAnswer {
  @ApiProperty({ type: [String], example: ['1003', '1007'], description: 'Fewer if there are no more.' })
  data!: string[];
}

/** @throws InvalidData for ends that are none of one range */
export function rangeOf({ from: given, to: asked }: AvailableNumbersQuery): NumberRange {
  const { length } = given ?? asked ?? FIRST;
  const from = given ?? '1'.padEnd(length, '0');
  const to = asked ?? '9'.repeat(length);
  if (to.length !== length) throw InvalidData.field('to', 'The to must have as many digits as the from.');
  if (to < from) throw InvalidData.field('to', 'The to must be greater than or equal to the from.');
  return { from, to };
}
