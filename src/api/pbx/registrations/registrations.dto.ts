import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Field, Name } from '../../edge/field';
import { LARGEST_ID } from '../../../core/id';
import { Page } from '../../edge/page';
import { integerText, oneOf } from '../../../core/rules';
import { isoTime } from '../../../core/time';
import {
  type Device,
  type Reach,
  reachOfAny,
  type Transport,
  TRANSPORTS,
} from '../../../nodes/registrations/state/device';
import { whyUnknown } from '../../../nodes/registrations/state/node-state';
import { type DeviceView, viewDevice } from '../../../nodes/registrations/state/device-view';
import { mapNodes, NodesDto } from './node-states.dto';
import {
  REGISTRATION_STATES,
  type RegistrationState,
} from '../../../nodes/registrations/state/registration-state';
import { type RegistrationView } from '../../../nodes/registrations/state/registrations.service';

const MOST_PER_PAGE = 1_000;
const TIME_OR_NULL = { type: 'string', format: 'date-time', nullable: true } as const;
export const REACHABLE = {
  type: 'boolean',
  nullable: true,
  description:
    'Whether calls reach any of its devices: true if one answers FreeSWITCH, false if none does; null if there is no device, or it is not known yet.',
} as const;

/** GET /api/pbx/registrations */
export class ListRegistrationsQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 1_000_000,
    default: 1,
    description: 'Which page of the list.',
  })
  @Field('optional', integerText({ min: 1, max: 1_000_000 }))
  page?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MOST_PER_PAGE,
    default: 50,
    description: 'Rows on a page.',
  })
  @Field('optional', integerText({ min: 1, max: MOST_PER_PAGE }))
  per_page?: string;

  @ApiPropertyOptional({ type: 'string', maxLength: 100, description: 'Part of a number or a name.' })
  @Name('nullable', { max: 100 })
  search?: string | null;

  @ApiPropertyOptional({ enum: REGISTRATION_STATES })
  @Field('nullable', oneOf(REGISTRATION_STATES))
  status?: RegistrationState | null;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'The extensions of one team.' })
  @Field('optional', integerText({ min: 1, max: LARGEST_ID }))
  team_id?: string;
}

export class RegistrationRowDto {
  @ApiProperty({ example: '1001' })
  extension_number!: string;

  @ApiProperty({ type: 'string', nullable: true })
  display_name!: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  team_id!: number | null;

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

  @ApiProperty({ ...TIME_OR_NULL, description: 'Since when that has been the case; null if not known.' })
  reachable_since!: string | null;
}

export class RegistrationPage extends Page {
  @ApiProperty({ type: [RegistrationRowDto] })
  data!: RegistrationRowDto[];
}

export class DeviceDto {
  @ApiProperty({ example: '6b1f0c52d1a94e07', description: 'Stays the same while node and contact do.' })
  id!: string;

  @ApiProperty({ example: 'sip:1001@192.0.2.7:5060' })
  contact!: string;

  @ApiProperty({ example: 'Zoiper 5.6' })
  user_agent!: string;

  @ApiProperty({
    enum: TRANSPORTS,
    description:
      'How its REGISTER arrived; `unknown` for UDP, TCP and TLS, where FreeSWITCH only repeats what the phone claims.',
  })
  transport!: Transport;

  @ApiProperty({ example: '192.0.2.7' })
  network_ip!: string;

  @ApiProperty({ type: 'integer', example: 5060 })
  network_port!: number;

  @ApiProperty({ format: 'date-time', description: 'When FreeSWITCH removes it unless it registers again.' })
  expires_at!: string;

  @ApiProperty({
    type: 'boolean',
    nullable: true,
    description:
      "Whether calls reach it: its contact can be dialled, and it answers FreeSWITCH's OPTIONS; null before it was asked.",
  })
  reachable!: boolean | null;

  @ApiProperty({ ...TIME_OR_NULL, description: 'Since when that has been the case; null if not known.' })
  reachable_since!: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: "It does not answer FreeSWITCH's OPTIONS.",
    description: 'Why it is not reachable, in plain words.',
  })
  unreachable_reason!: string | null;

  @ApiProperty({ example: 'fs1' })
  node!: string;

  @ApiProperty({ example: 'internal' })
  profile!: string;

  @ApiProperty({
    ...TIME_OR_NULL,
    description: 'Since when it has been registered; null: since before Dialplane started to follow it.',
  })
  since!: string | null;

  @ApiProperty({
    type: 'boolean',
    nullable: true,
    description:
      'Whether it still uses the previous password: it has not registered since the password was changed. Null if not known. It cannot register again with the old one.',
  })
  registered_with_previous_password!: boolean | null;
}

export class RegistrationDto {
  @ApiProperty({ example: '1001' })
  extension_number!: string;

  @ApiProperty({ enum: REGISTRATION_STATES })
  status!: RegistrationState;

  @ApiProperty({ format: 'date-time', description: 'The time of this state.' })
  as_of!: string;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  since!: string | null;

  @ApiProperty(REACHABLE)
  reachable!: boolean | null;

  @ApiProperty({ ...TIME_OR_NULL, description: 'Since when that has been the case; null if not known.' })
  reachable_since!: string | null;

  @ApiProperty({
    enum: ['event', 'snapshot', 'none'],
    description:
      "The source of the latest information: an event, or a node's list; `none` if nothing is known.",
  })
  source!: string;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: 'node fs2 silent since 2026-06-30T03:30:45+00:00',
    description: 'Which nodes keep the status `unknown`, and since when; else null.',
  })
  unknown_reason!: string | null;

  @ApiProperty({
    type: 'boolean',
    nullable: true,
    description: 'True if any device does; null if not known.',
  })
  registered_with_previous_password!: boolean | null;

  @ApiProperty()
  nodes!: NodesDto;

  @ApiProperty({ type: [DeviceDto] })
  devices!: DeviceDto[];
}

export class RegistrationAnswer {
  @ApiProperty()
  data!: RegistrationDto;
}

const time = (ms: number): string => isoTime(new Date(ms));
export const timeOrNull = (ms: number | null): string | null => (ms === null ? null : time(ms));

export const mapReach = ({
  reachable,
  since,
}: Reach): Pick<RegistrationRowDto, 'reachable' | 'reachable_since'> => ({
  reachable,
  reachable_since: timeOrNull(since),
});

/** @param previous whether a device holds on with the password from before the last rotation */
export function mapRegistration(
  number: string,
  view: RegistrationView,
  previous: (device: Device) => boolean | null,
): RegistrationDto {
  const devices = view.devices.map((device) => mapDevice(device, previous(device)));
  const holds = devices.map((device) => device.registered_with_previous_password);
  return {
    extension_number: number,
    status: view.state,
    as_of: time(view.asOf),
    since: timeOrNull(view.since),
    ...mapReach(reachOfAny(view.devices)),
    source: view.source,
    unknown_reason: view.state === 'unknown' ? whyUnknown(view.nodes) : null,
    registered_with_previous_password:
      holds.includes(true) || (view.state === 'unknown' || holds.includes(null) ? null : false),
    nodes: mapNodes(view.nodes),
    devices,
  };
}

function mapDevice(device: Device, previous: boolean | null): DeviceDto {
  return {
    ...mapDeviceView(viewDevice(device)),
    expires_at: time(device.expiresAt),
    registered_with_previous_password: previous,
  };
}

/** What does not change at each refresh of a device's registration. */
export function mapDeviceView(
  view: DeviceView,
): Omit<DeviceDto, 'expires_at' | 'registered_with_previous_password'> {
  return {
    id: view.id,
    contact: view.contact,
    user_agent: view.agent,
    transport: view.transport,
    network_ip: view.networkIp,
    network_port: view.networkPort,
    ...mapReach({ reachable: view.reachable, since: view.reachableSince }),
    unreachable_reason: view.whyUnreachable,
    node: view.node,
    profile: view.profile,
    since: timeOrNull(view.since),
  };
}
