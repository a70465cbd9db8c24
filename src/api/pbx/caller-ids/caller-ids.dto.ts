import { ApiProperty } from '@nestjs/swagger';
import { Page } from '../../edge/page';
import { isoTime } from '../../../core/time';
import { CALLER_ID_STATUSES, CARRIERS, type CallerId, CLI_TYPES } from '../../../schema/caller-id.entity';
import { type KnownCallerId } from '../../../pbx/caller-ids/caller-ids.service';

/** The 5 fields of a caller ID in a list. */
export class CallerIdDto {
  @ApiProperty({
    example: '0900000020',
    description: 'In the form in which it was given: 8 to 15 digits, optionally after a +.',
  })
  number!: string;

  @ApiProperty({ type: 'string', nullable: true, maxLength: 100 })
  display_name!: string | null;

  @ApiProperty({ enum: CARRIERS })
  carrier!: string;

  @ApiProperty({ enum: CLI_TYPES })
  cli_type!: string;

  @ApiProperty({ enum: CALLER_ID_STATUSES })
  status!: string;
}

export class CallerIdDetailDto extends CallerIdDto {
  @ApiProperty({
    description: 'Whether extensions without an active caller ID of their own present this one.',
  })
  is_default!: boolean;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;
}

export class CallerIdPage extends Page {
  @ApiProperty({ type: [CallerIdDto] })
  data!: CallerIdDto[];
}

export class CallerIdAnswer {
  @ApiProperty()
  data!: CallerIdDetailDto;
}

class ImportedDto {
  @ApiProperty({ type: 'integer', description: 'How many were created.' })
  created!: number;
}

export class ImportedAnswer {
  @ApiProperty()
  data!: ImportedDto;
}

export function mapCallerId(callerId: CallerId): CallerIdDto {
  return {
    number: callerId.number,
    display_name: callerId.displayName,
    carrier: callerId.carrier,
    cli_type: callerId.cliType,
    status: callerId.status,
  };
}

export function mapKnownCallerId({ callerId, isDefault }: KnownCallerId): CallerIdDetailDto {
  return {
    ...mapCallerId(callerId),
    is_default: isDefault,
    created_at: isoTime(callerId.createdAt),
    updated_at: isoTime(callerId.updatedAt),
  };
}
