import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Field } from '../../edge/field';
import { matching, oneOf, text } from '../../../core/rules';
import { CreateExtensionDto, SIP_PASSWORD, UpdateExtensionDto } from '../extensions/extension-input.dto';
import { EXTENSION_NUMBER } from '../../../core/extension-number';
import { EXTENSION_STATUSES, type ExtensionStatus } from '../../../schema/extension.entity';
import { NUMBERS } from '../../../pbx/imports/import-row';

/** A row that makes an extension: POST /api/pbx/extensions, and its status. */
export class CreatingRowDto extends CreateExtensionDto {
  @ApiProperty({
    type: 'string',
    example: '9001',
    pattern: NUMBERS.source,
    description: 'Unique in the account; `1000-1199` is a row for each, its ends of one length.',
  })
  override extension_number = '';

  @ApiPropertyOptional({ enum: EXTENSION_STATUSES, nullable: true, default: 'active' })
  @Field('nullable', oneOf(EXTENSION_STATUSES))
  status?: ExtensionStatus | null;
}

/** A row that changes one: PUT /api/pbx/extensions/{ext}, and its password. */
export class UpdatingRowDto extends UpdateExtensionDto {
  @Field('required', matching(EXTENSION_NUMBER))
  override extension_number = '';

  /** Null: it stays as it is. */
  @Field('nullable', text(SIP_PASSWORD))
  override sip_password: string | null | undefined = undefined;
}
