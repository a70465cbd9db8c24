import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Field } from '../../edge/field';
import { booleanText } from '../../../core/rules';
import {
  REGISTRATION_STATES,
  type RegistrationState,
} from '../../../nodes/registrations/state/registration-state';
import { NodesDto } from './node-states.dto';
import { DeviceDto, mapDeviceSummary, mapReach, REACHABLE, timeOrNull } from './registrations.dto';
import { type RegistrationsService } from '../../../nodes/registrations/state/registrations.service';

/** GET /api/pbx/registrations/stream */
export class StreamRegistrationsQuery {
  @ApiPropertyOptional({
    enum: ['true', 'false'],
    default: 'false',
    description: 'Whether to include the devices of each extension, and their changes.',
  })
  @Field('optional', booleanText)
  devices?: string;
}

/** A device without what changes at each refresh of its registration. */
export class StreamDeviceDto extends OmitType(DeviceDto, [
  'expires_at',
  'registered_with_previous_password',
] as const) {}

export class StreamExtensionDto {
  @ApiProperty({ example: '1001' })
  extension_number!: string;

  @ApiProperty({ enum: REGISTRATION_STATES })
  status!: RegistrationState;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'Since when this is the status; null: since before Dialplane started to follow it.',
  })
  since!: string | null;

  @ApiProperty(REACHABLE)
  reachable!: boolean | null;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'Since when that has been the case; null if not known.',
  })
  reachable_since!: string | null;

  @ApiPropertyOptional({
    type: [StreamDeviceDto],
    description: 'The devices that are registered; only with `devices=true`.',
  })
  devices?: StreamDeviceDto[];
}

/** The data of a `snapshot`. */
export class StreamSnapshot {
  @ApiProperty({ format: 'date-time', description: 'The time of this state.' })
  as_of!: string;

  @ApiProperty()
  nodes!: NodesDto;

  @ApiProperty({ type: [StreamExtensionDto] })
  extensions!: StreamExtensionDto[];
}

/** The data of a `change`. */
export class StreamChange extends StreamExtensionDto {
  @ApiProperty({
    enum: REGISTRATION_STATES,
    nullable: true,
    type: 'string',
    description:
      'The status sent before: the same as now if only `reachable` or devices changed; null for a new extension.',
  })
  previous_status!: RegistrationState | null;

  @ApiProperty({ format: 'date-time', description: 'When this was sent.' })
  at!: string;
}

/** The data of a `removed`: the extension was deleted. */
export class StreamRemoved {
  @ApiProperty({ example: '1001' })
  extension_number!: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;
}

/** What a stream tells of an extension at this moment. */
export function mapStreamExtension(
  registrations: RegistrationsService,
  extension: { number: string; domain: string; status: RegistrationState },
  devices: boolean,
): StreamExtensionDto {
  const { number, domain, status } = extension;
  const since = registrations.sinceOf(number, domain, status);
  return {
    extension_number: number,
    status,
    since: timeOrNull(since),
    ...mapReach(registrations.reachOf(number, domain)),
    ...(devices && { devices: registrations.view(number, domain).devices.map(mapDeviceSummary) }),
  };
}
