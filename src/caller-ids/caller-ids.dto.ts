import { ApiProperty } from '@nestjs/swagger';
import { Page } from '../common/page';
import { CARRIERS, type CallerId, CLI_TYPES } from './caller-id.entity';

export class CallerIdDto {
  @ApiProperty({ example: '0900000020', description: 'In the form it was given; 8 to 15 digits.' })
  number!: string;

  @ApiProperty({ type: 'string', nullable: true, maxLength: 100 })
  display_name!: string | null;

  @ApiProperty({ enum: CARRIERS })
  carrier!: string;

  @ApiProperty({ enum: CLI_TYPES })
  cli_type!: string;

  @ApiProperty({ enum: ['active'] })
  status!: string;
}

export class CallerIdPage extends Page {
  @ApiProperty({ type: [CallerIdDto] })
  data!: CallerIdDto[];
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
