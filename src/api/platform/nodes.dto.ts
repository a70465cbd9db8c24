import { ApiProperty } from '@nestjs/swagger';
import { Field } from '../edge/field';
import { Page } from '../edge/page';
import { matching, oneOf, text } from '../../core/rules';
import { isoTime } from '../../core/time';
import { type EslSnapshot } from '../../freeswitch/esl-client';
import { NODE_NAME } from '../../freeswitch/node-address';
import { type UnknownNode } from '../../schema/unknown-node.entity';
import { type FreeswitchNode, NODE_STATUSES, type NodeStatus } from '../../schema/node.entity';

const LONGEST_URL = 1_000;
const TIME = { type: 'string', format: 'date-time', nullable: true } as const;

/** POST /api/platform/nodes */
export class AddNodeDto {
  @ApiProperty({ example: 'fs2', pattern: NODE_NAME.source })
  @Field('required', matching(NODE_NAME))
  name!: string;

  @ApiProperty({
    example: 'esl://:password@10.0.0.2:8021',
    maxLength: LONGEST_URL,
    writeOnly: true,
    description: 'Its event socket, the password percent-encoded; no answer shows the password.',
  })
  @Field('required', text({ max: LONGEST_URL }))
  url!: string;
}

/** PUT /api/platform/nodes/{name} */
export class UpdateNodeDto {
  @ApiProperty({ enum: NODE_STATUSES, description: 'draining: nothing new is to be placed on it.' })
  @Field('required', oneOf(NODE_STATUSES))
  status!: NodeStatus;
}

export class NodeDto {
  @ApiProperty({ example: 'fs1' })
  name!: string;

  @ApiProperty({ example: '10.0.0.1' })
  host!: string;

  @ApiProperty({ type: 'integer', example: 8021 })
  port!: number;

  @ApiProperty({ enum: NODE_STATUSES })
  status!: string;

  @ApiProperty({
    enum: ['stopped', 'connecting', 'authenticating', 'ready', 'waiting'],
    description: "This instance's session with its event socket.",
  })
  esl_status!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'Why the last session or attempt ended.' })
  last_error!: string | null;

  @ApiProperty({
    ...TIME,
    description: 'When registrations of users who may not have a phone were removed from it; null: not yet.',
  })
  swept_at!: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;
}

export class NodePage extends Page {
  @ApiProperty({ type: [NodeDto] })
  data!: NodeDto[];
}

export class NodeAnswer {
  @ApiProperty()
  data!: NodeDto;
}

export class UnknownNodeDto {
  @ApiProperty({ example: 'fs-lab-2', description: 'The name that it gives itself.' })
  hostname!: string;

  @ApiProperty({ example: '10.0.0.2', description: 'The address from which it asked.' })
  address!: string;

  @ApiProperty({ format: 'date-time' })
  first_asked_at!: string;

  @ApiProperty({ format: 'date-time', description: 'Accurate to the minute.' })
  last_asked_at!: string;
}

export class UnknownNodePage extends Page {
  @ApiProperty({ type: [UnknownNodeDto] })
  data!: UnknownNodeDto[];
}

export function mapUnknownNode({ hostname, address, ...times }: UnknownNode): UnknownNodeDto {
  const { firstAskedAt, lastAskedAt } = times;
  return {
    ...{ hostname, address },
    first_asked_at: isoTime(firstAskedAt),
    last_asked_at: isoTime(lastAskedAt),
  };
}

/** @param session null where this instance has none yet */
export function mapNodeRow(node: FreeswitchNode, session: EslSnapshot | null): NodeDto {
  const { name, host, port, status } = node;
  return {
    ...{ name, host, port, status },
    esl_status: session?.status ?? 'stopped',
    last_error: session?.lastError ?? null,
    swept_at: node.sweptAt && isoTime(node.sweptAt),
    created_at: isoTime(node.createdAt),
    updated_at: isoTime(node.updatedAt),
  };
}
