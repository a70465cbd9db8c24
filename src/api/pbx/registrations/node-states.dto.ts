import { ApiProperty } from '@nestjs/swagger';
import { isoTime } from '../../../core/time';
import { NODE_STATES, type NodeState } from '../../../nodes/registrations/state/node-state';
import { type NodeView } from '../../../nodes/registrations/state/registrations.service';

export class NodeStateDto {
  @ApiProperty({ example: 'fs1' })
  name!: string;

  @ApiProperty({
    enum: NODE_STATES,
    description:
      '`answering`: all its registrations are known; `listing`: its list is being read; `silent`: it is late with an answer; `away`: there is no session with it.',
  })
  state!: NodeState;

  @ApiProperty({ format: 'date-time', description: 'Since when it has been answering, or not answering.' })
  since!: string;

  @ApiProperty({ format: 'date-time', description: 'Since when it is in this state.' })
  state_since!: string;
}

/** A node went from one state to another. */
export class NodeStateChangeDto {
  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ example: 'fs1' })
  node!: string;

  @ApiProperty({ enum: NODE_STATES })
  from!: NodeState;

  @ApiProperty({ enum: NODE_STATES })
  to!: NodeState;
}

export class NodesDto {
  @ApiProperty({ type: 'integer', description: 'How many nodes there are.' })
  expected!: number;

  @ApiProperty({ type: 'integer', description: 'With how many of them there is a session.' })
  asked!: number;

  @ApiProperty({
    type: 'integer',
    description: 'How many of them are answering: all their registrations are known.',
  })
  answered!: number;

  @ApiProperty({ type: [NodeStateDto] })
  states!: NodeStateDto[];
}

export function mapNodes(nodes: NodeView[]): NodesDto {
  const count = (...states: NodeState[]): number =>
    nodes.filter(({ state }) => states.includes(state)).length;
  return {
    expected: nodes.length,
    asked: nodes.length - count('away'),
    answered: count('answering'),
    states: nodes.map(({ name, state, since, stateSince }) => ({
      name,
      state,
      since: time(since),
      state_since: time(stateSince),
    })),
  };
}

const MOST_CHANGES = 10;

/** The last changes of all nodes, the newest first. */
export function mapNodeChanges(nodes: readonly NodeView[]): NodeStateChangeDto[] {
  const all = nodes.flatMap(({ changes }) => changes).toSorted((one, other) => other.at - one.at);
  return all.slice(0, MOST_CHANGES).map(({ at, node, from, to }) => ({ at: time(at), node, from, to }));
}

const time = (ms: number): string => isoTime(new Date(ms));
