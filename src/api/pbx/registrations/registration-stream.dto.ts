import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Field } from '../../edge/field';
import { booleanText } from '../../../core/rules';
import {
  REGISTRATION_STATES,
  type RegistrationState,
} from '../../../nodes/registrations/state/registration-state';
import { mapNodes, NodesDto } from './node-states.dto';
import { DeviceDto, mapDeviceView, mapReach, REACHABLE, timeOrNull } from './registrations.dto';
import { isoTime } from '../../../core/time';
import { type StreamedExtension, type StreamFormat } from '../../../nodes/registrations/stream/stream-format';

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

function rowOf({ number, status, since, reach, devices }: StreamedExtension): StreamExtensionDto {
  return {
    extension_number: number,
    status,
    since: timeOrNull(since),
    ...mapReach(reach),
    ...(devices && { devices: devices.map(mapDeviceView) }),
  };
}

function changeOf(extension: StreamedExtension, previous: RegistrationState | null, at: Date): StreamChange {
  const { extension_number, status, devices, ...times } = rowOf(extension);
  return {
    ...{ extension_number, status, previous_status: previous, ...times, at: isoTime(at) },
    ...(devices && { devices }),
  };
}

/** The stream as /api/pbx writes it. */
export const PBX_STREAM: StreamFormat = {
  name: 'pbx',
  row: rowOf,
  nodes: mapNodes,
  snapshot: ({ at, nodes, extensions }) => ({ as_of: isoTime(at), nodes, extensions }),
  change: changeOf,
  removed: (number, at): StreamRemoved => ({ extension_number: number, at: isoTime(at) }),
};
