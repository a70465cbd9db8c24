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
      '`answering`: all that it holds is known; `listing`: its list is coming in; `silent`: it owes an answer; `away`: there is no session with it.',
  })
  state!: NodeState;

  @ApiProperty({ format: 'date-time', description: 'Since when it is answering, or is not.' })
  since!: string;
}

export class NodesDto {
  @ApiProperty({ type: 'integer', description: 'How many nodes there are.' })
  expected!: number;

  @ApiProperty({ type: 'integer', description: 'With how many there is a session.' })
  asked!: number;

  @ApiProperty({ type: 'integer', description: 'Of how many all that they hold is known.' })
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
    states: nodes.map(({ name, state, since }) => ({ name, state, since: isoTime(new Date(since)) })),
  };
}
