import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Field, Name } from '../../edge/field';
import { ListQuery } from '../../edge/page';
import { boolean, booleanText, integer, matching, oneOf, reference, text } from '../../../core/rules';
import { EXTENSION_NUMBER } from '../../../core/extension-number';
import { VOICEMAIL_PIN, voicemailEmail, voicemailPin } from '../../../core/voicemail-rules';
import {
  EXTENSION_STATUSES,
  type ExtensionStatus,
  RECORDING_MODES,
  type RecordingMode,
} from '../../../schema/extension.entity';

/** What a chosen SIP password must be like. */
export const SIP_PASSWORD = { min: 8, max: 100 };
const NAME = { max: 100 };
const CALLS = { min: 1, max: 10 };
const LISTED = [...EXTENSION_STATUSES, 'deleted'] as const;
const INCLUDES = ['sip_registration'] as const;
const CALLER_ID = {
  type: 'string',
  nullable: true,
  description: 'An active number of /api/pbx/caller-ids.',
} as const;

const PIN = {
  type: 'string',
  nullable: true,
  pattern: VOICEMAIL_PIN.source,
  description: 'Opens the mailbox by telephone; without a PIN it cannot be opened. Never in answers.',
} as const;
const EMAIL = {
  type: 'string',
  nullable: true,
  format: 'email',
  maxLength: 254,
  description:
    'Address to which new messages are mailed. Only letters, digits and . _ + - before the @. Never in answers.',
} as const;
const TLS_ENABLED = 'Registration and calls over TLS only.';

const NEW_PASSWORD = {
  type: 'string',
  nullable: true,
  minLength: SIP_PASSWORD.min,
  maxLength: SIP_PASSWORD.max,
  description: 'Absent: 24 letters and digits are generated.',
} as const;

export class ListExtensionsQuery extends ListQuery {
  @ApiPropertyOptional({
    enum: LISTED,
    description:
      'deleted: extensions that can still be restored, last deleted first, without sip_registration; of each free number the last one can be restored.',
  })
  @Field('nullable', oneOf(LISTED))
  status?: (typeof LISTED)[number] | null;

  @ApiPropertyOptional({ enum: INCLUDES, description: 'Adds the field to each extension.' })
  @Field('nullable', oneOf(INCLUDES))
  include?: (typeof INCLUDES)[number] | null;
}

/** Which extensions GET /api/pbx/extensions/export tells of. */
export class ExportQuery {
  @ApiPropertyOptional({ type: 'string', maxLength: 100, description: 'Part of a number or a name.' })
  @Name('nullable', { max: 100 })
  search?: string | null;

  @ApiPropertyOptional({ enum: EXTENSION_STATUSES })
  @Field('nullable', oneOf(EXTENSION_STATUSES))
  status?: ExtensionStatus | null;
}

/** POST /api/pbx/extensions; what is null counts as absent. */
export class CreateExtensionDto {
  @ApiProperty({ example: '9001', pattern: EXTENSION_NUMBER.source, description: 'Unique in the account.' })
  @Field('required', matching(EXTENSION_NUMBER))
  extension_number!: string;

  @ApiPropertyOptional({ type: 'string', nullable: true, maxLength: NAME.max, example: 'Sales 01' })
  @Name('nullable', NAME)
  display_name?: string | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true })
  @Field('nullable', reference)
  team_id?: number | null;

  @ApiPropertyOptional(NEW_PASSWORD)
  @Field('nullable', text(SIP_PASSWORD))
  sip_password?: string | null;

  @ApiPropertyOptional({ type: 'boolean', nullable: true, default: false })
  @Field('nullable', boolean)
  voicemail_enabled?: boolean | null;

  @ApiPropertyOptional(PIN)
  @Field('nullable', voicemailPin)
  voicemail_pin?: string | null;

  @ApiPropertyOptional(EMAIL)
  @Field('nullable', voicemailEmail)
  voicemail_email?: string | null;

  @ApiPropertyOptional({ enum: RECORDING_MODES, nullable: true, default: 'none' })
  @Field('nullable', oneOf(RECORDING_MODES))
  recording_mode?: RecordingMode | null;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: CALLS.min,
    maximum: CALLS.max,
    default: 2,
  })
  @Field('nullable', integer(CALLS))
  max_concurrent?: number | null;

  @ApiPropertyOptional(CALLER_ID)
  @Field('nullable', callerId)
  outbound_caller_id?: string | null;

  @ApiPropertyOptional({ type: 'boolean', nullable: true, default: false, description: TLS_ENABLED })
  @Field('nullable', boolean)
  tls_enabled?: boolean | null;
}

/** PUT /api/pbx/extensions/{ext}; what is absent stays as it is. */
export class UpdateExtensionDto {
  @ApiPropertyOptional({ type: 'string', nullable: true, maxLength: NAME.max, example: 'Sales 02' })
  @Name('nullable', NAME)
  display_name?: string | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true })
  @Field('nullable', reference)
  team_id?: number | null;

  @ApiPropertyOptional({ type: 'boolean' })
  @Field('optional', boolean)
  voicemail_enabled?: boolean;

  @ApiPropertyOptional(PIN)
  @Field('nullable', voicemailPin)
  voicemail_pin?: string | null;

  @ApiPropertyOptional(EMAIL)
  @Field('nullable', voicemailEmail)
  voicemail_email?: string | null;

  @ApiPropertyOptional({ enum: RECORDING_MODES })
  @Field('optional', oneOf(RECORDING_MODES))
  recording_mode?: RecordingMode;

  @ApiPropertyOptional({ type: 'integer', minimum: CALLS.min, maximum: CALLS.max })
  @Field('optional', integer(CALLS))
  max_concurrent?: number;

  @ApiPropertyOptional(CALLER_ID)
  @Field('nullable', callerId)
  outbound_caller_id?: string | null;

  @ApiPropertyOptional({ type: 'boolean', description: TLS_ENABLED })
  @Field('optional', boolean)
  tls_enabled?: boolean;

  @ApiPropertyOptional({ enum: EXTENSION_STATUSES })
  @Field('optional', oneOf(EXTENSION_STATUSES))
  status?: ExtensionStatus;

  @ApiPropertyOptional({ type: 'string', description: 'Only the number it already has.' })
  @Field('optional', () => null)
  extension_number?: unknown;

  @Field(
    'optional',
    () => 'The sip password cannot be changed here. Use POST /api/pbx/extensions/{ext}/change-password.',
  )
  sip_password?: unknown;
}

/** POST /api/pbx/extensions/{ext}/change-password */
export class ChangePasswordDto {
  @ApiPropertyOptional(NEW_PASSWORD)
  @Field('nullable', text(SIP_PASSWORD))
  new_password?: string | null;
}

/** `?disconnect=true` of a rotation. */
export class DisconnectQuery {
  @ApiPropertyOptional({
    type: 'boolean',
    default: false,
    description: 'Whether registered phones are disconnected and must register again.',
  })
  @Field('optional', booleanText)
  disconnect?: 'true' | 'false';
}

/** Whether it exists and is active is asked of the database, with the same sentence. */
function callerId(value: unknown, name: string): string | null {
  return typeof value === 'string' ? null : `The ${name} must be a string.`;
}
