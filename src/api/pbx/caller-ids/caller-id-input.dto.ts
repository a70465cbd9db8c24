import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Field, Name } from '../../edge/field';
import { ListQuery } from '../../edge/page';
import { boolean, list, matching, oneOf } from '../../../core/rules';
import {
  CALLER_ID_STATUSES,
  type CallerIdStatus,
  type Carrier,
  CARRIERS,
  CLI_TYPES,
  type CliType,
} from '../../../schema/caller-id.entity';
import { type CallerIdPatch } from '../../../pbx/caller-ids/caller-id-input';
import { type NewCallerId } from '../../../pbx/caller-ids/new-caller-id';
import { PHONE_NUMBER } from '../../../pbx/caller-ids/phone-number';

const NAME = { max: 100 };
const NAMED = { type: 'string', nullable: true, maxLength: NAME.max, example: 'Sales' } as const;
/** How many caller IDs one request may import. */
export const MAX_CALLER_IDS_IMPORTED = 1_000;
const ROWS = { min: 1, max: MAX_CALLER_IDS_IMPORTED };
const LISTED = [...CALLER_ID_STATUSES, 'all'] as const;
const IS_DEFAULT =
  'Whether extensions without an active caller ID of their own present this one; at most one in an account.';

export class ListCallerIdsQuery extends ListQuery {
  @ApiPropertyOptional({ enum: LISTED, default: 'active' })
  @Field('nullable', oneOf(LISTED))
  status?: (typeof LISTED)[number] | null;
}

/** POST /api/pbx/caller-ids; what is null counts as absent. */
export class CreateCallerIdDto {
  @ApiProperty({
    example: '0900000020',
    pattern: PHONE_NUMBER.source,
    description:
      'Unique in the account in whatever form it is written; at most 15 digits with its country code.',
  })
  @Field('required', matching(PHONE_NUMBER))
  number!: string;

  @ApiPropertyOptional(NAMED)
  @Name('nullable', NAME)
  display_name?: string | null;

  @ApiPropertyOptional({ enum: CARRIERS, nullable: true, description: 'Absent: guessed from the number.' })
  @Field('nullable', oneOf(CARRIERS))
  carrier?: Carrier | null;

  @ApiPropertyOptional({ enum: CLI_TYPES, nullable: true, description: 'Absent: guessed from the number.' })
  @Field('nullable', oneOf(CLI_TYPES))
  cli_type?: CliType | null;

  @ApiPropertyOptional({ type: 'boolean', nullable: true, default: false, description: IS_DEFAULT })
  @Field('nullable', boolean)
  is_default?: boolean | null;
}

/** PUT /api/pbx/caller-ids/{number}; what is absent stays as it is. */
export class UpdateCallerIdDto {
  @ApiPropertyOptional(NAMED)
  @Name('nullable', NAME)
  display_name?: string | null;

  @ApiPropertyOptional({ enum: CARRIERS })
  @Field('optional', oneOf(CARRIERS))
  carrier?: Carrier;

  @ApiPropertyOptional({ enum: CLI_TYPES })
  @Field('optional', oneOf(CLI_TYPES))
  cli_type?: CliType;

  @ApiPropertyOptional({ enum: CALLER_ID_STATUSES, description: 'An inactive one is not presented.' })
  @Field('optional', oneOf(CALLER_ID_STATUSES))
  status?: CallerIdStatus;

  @ApiPropertyOptional({ type: 'boolean', description: IS_DEFAULT })
  @Field('optional', boolean)
  is_default?: boolean;

  @ApiPropertyOptional({ type: 'string', description: 'Only the number it already has.' })
  @Field('optional', () => null)
  number?: unknown;
}

/** POST /api/pbx/caller-ids/import, each element as in CreateCallerIdDto. */
export class ImportCallerIdsDto {
  @ApiProperty({ type: [CreateCallerIdDto], minItems: ROWS.min, maxItems: ROWS.max })
  @Field('required', list(ROWS))
  caller_ids!: unknown[];
}

export function newCallerId(given: CreateCallerIdDto): NewCallerId {
  return {
    number: given.number,
    displayName: given.display_name ?? null,
    carrier: given.carrier ?? null,
    cliType: given.cli_type ?? null,
    isDefault: given.is_default ?? false,
  };
}

export function callerIdPatch(given: UpdateCallerIdDto): CallerIdPatch {
  const { display_name: displayName, carrier, cli_type: cliType, status, number } = given;
  return { displayName, carrier, cliType, status, isDefault: given.is_default, number };
}
