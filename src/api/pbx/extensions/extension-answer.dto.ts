import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Page } from '../../edge/page';
import { isoTime } from '../../../core/time';
import {
  REGISTRATION_STATES,
  type RegistrationState,
} from '../../../nodes/registrations/state/registration-state';
import { type Extension, EXTENSION_STATUSES, RECORDING_MODES } from '../../../schema/extension.entity';

const SIP_PASSWORD = { example: 'q7Rk2vTn9XwLc4HsYb8ZdJm3', description: 'Shown in this answer only.' };

/** The 12 fields of an extension in a list. */
export class ExtensionDto {
  @ApiProperty({ example: '1001' })
  extension_number!: string;

  @ApiProperty({ type: 'string', nullable: true, example: 'Mac I5' })
  display_name!: string | null;

  @ApiProperty({ example: true })
  voicemail_enabled!: boolean;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: '0900000020',
    description: 'In the form in which the client sent it.',
  })
  outbound_caller_id!: string | null;

  @ApiProperty({ enum: RECORDING_MODES })
  recording_mode!: string;

  @ApiProperty({ enum: EXTENSION_STATUSES })
  status!: string;

  @ApiProperty({ type: 'integer', nullable: true, example: 2 })
  team_id!: number | null;

  @ApiProperty({ type: 'integer', nullable: true, description: "The team's department." })
  department_id!: number | null;

  @ApiProperty({ type: 'integer', minimum: 1, maximum: 10, example: 2 })
  max_concurrent!: number;

  @ApiProperty({ example: false })
  tls_enabled!: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-04-06T12:19:13+00:00' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;
}

export class ListedExtensionDto extends OmitType(ExtensionDto, ['status']) {
  @ApiProperty({ enum: [...EXTENSION_STATUSES, 'deleted'] })
  status!: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'With status=deleted only.' })
  deleted_at?: string;

  @ApiPropertyOptional({ enum: REGISTRATION_STATES, description: 'With include=sip_registration only.' })
  sip_registration?: RegistrationState;
}

export class ExtensionPage extends Page {
  @ApiProperty({ type: [ListedExtensionDto] })
  data!: ListedExtensionDto[];
}

export class ExtensionDetailDto extends ExtensionDto {
  @ApiProperty({
    enum: REGISTRATION_STATES,
    description: '`unknown` when a node that could hold the phone cannot be asked.',
  })
  sip_registration!: RegistrationState;
}

export class CreatedExtensionDto extends ExtensionDto {
  @ApiProperty(SIP_PASSWORD)
  sip_password!: string;

  @ApiProperty({ description: 'False when the client chose the password.' })
  generated_password!: boolean;
}

export class NewPasswordDto {
  @ApiProperty({ example: '1001' })
  extension_number!: string;

  @ApiProperty(SIP_PASSWORD)
  sip_password!: string;

  @ApiProperty({ description: 'False when the client chose the password.' })
  generated_password!: boolean;
}

export class ExtensionAnswer {
  @ApiProperty()
  data!: ExtensionDto;
}

export class ExtensionDetailAnswer {
  @ApiProperty()
  data!: ExtensionDetailDto;
}

export class CreatedExtensionAnswer {
  @ApiProperty()
  data!: CreatedExtensionDto;
}

export class NewPasswordAnswer {
  @ApiProperty()
  data!: NewPasswordDto;
}

export class NewPasswordsAnswer {
  @ApiProperty({ type: [NewPasswordDto] })
  data!: NewPasswordDto[];
}

/** A live one as everywhere; a deleted one says when it was. */
export function mapListed(extension: Extension): ListedExtensionDto {
  const { deletedAt } = extension;
  const mapped = mapExtension(extension);
  return deletedAt ? { ...mapped, status: 'deleted', deleted_at: isoTime(deletedAt) } : mapped;
}

/** @param extension with its team loaded, if it has one */
export function mapExtension(extension: Extension): ExtensionDto {
  return {
    extension_number: extension.extensionNumber,
    display_name: extension.displayName,
    voicemail_enabled: extension.voicemailEnabled,
    outbound_caller_id: extension.outboundCallerIdAsSent,
    recording_mode: extension.recordingMode,
    status: extension.status,
    team_id: extension.teamId,
    department_id: extension.team?.departmentId ?? null,
    max_concurrent: extension.maxConcurrent,
    tls_enabled: extension.tlsEnabled,
    created_at: isoTime(extension.createdAt),
    updated_at: isoTime(extension.updatedAt),
  };
}
