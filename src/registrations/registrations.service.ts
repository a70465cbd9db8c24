import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../config/settings';
import { registrationsOf } from '../freeswitch/commands';
import { type EslClient } from '../freeswitch/esl-client';
import { NodePool } from '../freeswitch/node-pool';
import { withDeadline } from '../common/deadline';
import { type RegistrationState } from './registration-state';

const ANSWER_DEADLINE_MS = 1_500;

/** Whether phones are online, by asking the nodes that hold their contacts. */
@Injectable()
export class RegistrationsService {
  private readonly logger = new Logger(RegistrationsService.name);

  constructor(
    private readonly pool: NodePool,
    private readonly settings: Settings,
  ) {}

  /**
   * `registered` as soon as one node holds a live contact, `unregistered` when every node was asked and
   * none does, else `unknown`. Never fails, never takes longer than 1.5 s.
   */
  stateOf(number: string, domain: string): Promise<RegistrationState> {
    const asked = this.pool.nodes.map((node) => this.askNode(node, number, domain));
    return withDeadline(combined(asked), ANSWER_DEADLINE_MS, () => 'unknown');
  }

  private async askNode(node: EslClient, number: string, domain: string): Promise<RegistrationState> {
    if (node.status !== 'ready') return 'unknown';
    const asked = this.settings.sipProfiles.map((profile) => registrationsOf(node, profile, number, domain));
    const answers = await Promise.allSettled(asked);
    if (answers.some((answer) => answer.status === 'fulfilled' && answer.value.length > 0))
      return 'registered';
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (!failed) return 'unregistered';
    this.logger.warn(
      { node: node.name, err: failed.reason as unknown },
      'a node did not say whether a phone is online',
    );
    return 'unknown';
  }
}

/** One yes is enough and ends the wait; a no takes them all. */
async function combined(asked: Promise<RegistrationState>[]): Promise<RegistrationState> {
  const yes = asked.map(async (state) => {
    if ((await state) !== 'registered') throw new Error('not this node');
    return 'registered' as const;
  });
  try {
    return await Promise.any(yes);
  } catch {
    const states = await Promise.all(asked);
    return states.length > 0 && states.every((state) => state === 'unregistered')
      ? 'unregistered'
      : 'unknown';
  }
}
