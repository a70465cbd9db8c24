import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { now } from '../../core/time';
import { Settings } from '../../platform/config/settings';
import { Transactions } from '../../platform/database/transactions';
import { EXTENSION_NUMBER } from '../../core/extension-number';
import { dropContacts, flushUser, listRegistrations, userExists } from '../../freeswitch/commands';
import { type EslClient } from '../../freeswitch/esl-client';
import { type Leave, NodePool } from '../../freeswitch/node-pool';
import { FreeswitchNode } from '../../schema/node.entity';
import { isSipDomain } from '../../accounts/tenants/sip-domain';
import { catchUp, recordLeftBehind } from './left-behind';
import { RevocationsService } from './revocations.service';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const KNOWS_DEADLINE_MS = 3_000;

/**
 * Unregisters what a node that was added holds of users who may have no phone: it was told of no change until then.
 * Once for each row of the table, as soon as the node is there.
 */
@Injectable()
export class NodeSweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(NodeSweeper.name);
  private end: (() => Promise<void>) | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly pool: NodePool,
    private readonly revocations: RevocationsService,
    private readonly settings: Settings,
  ) {}

  onApplicationBootstrap(): void {
    this.end = this.pool.follow((node) => this.follow(node));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.end?.();
  }

  private follow(node: EslClient): Leave {
    let session = new AbortController();
    let work: Promise<void> = Promise.resolve();
    const begin = (): void => {
      session.abort();
      session = new AbortController();
      const { signal } = session;
      work = work.then(() => this.sweepUntilDone(node, signal));
    };
    const end = node.onStatus((status) => (status === 'ready' ? begin() : session.abort()));
    if (node.status === 'ready') begin();
    return () => {
      end();
      session.abort();
      return work;
    };
  }

  /** Until the session ends. Never fails. */
  private async sweepUntilDone(node: EslClient, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const { manager } = this.dataSource;
        const row = await manager.findOneBy(FreeswitchNode, { name: node.name });
        if (!row || row.sweptAt !== null) return;
        await this.sweep(node, signal);
        await this.transactions.run((within) =>
          within.update(FreeswitchNode, { id: row.id }, { sweptAt: now() }),
        );
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (failures === 0)
          this.logger.warn(
            { event: 'node.sweep_failed', node: node.name, err: error },
            'a node that was added could not be swept',
          );
        const limit = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10));
        await wait(limit * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async sweep(node: EslClient, signal: AbortSignal): Promise<void> {
    await this.transactions.run((manager) => catchUp(manager, node.name));
    this.revocations.wakeNode(node.name);
    const { users, failed } = await this.held(node, signal);
    for (const [domain, numbers] of users) {
      const left = await this.transactions.run((manager) =>
        recordLeftBehind(manager, node.name, { domain, numbers: [...numbers] }),
      );
      if (left.revoked > 0) this.revocations.wakeNode(node.name);
      const gone = [];
      for (const number of left.others)
        if (await this.unregister(node, number, domain, left.isTenants)) gone.push(number);
      const unregistered = left.revoked + gone.length;
      if (unregistered > 0)
        this.logger.warn(
          { event: 'node.swept', node: node.name, domain, users: unregistered },
          'a node that was added had phones of users who may have none; they are unregistered',
        );
    }
    if (failed) throw failed.reason;
  }

  /** Numbers by domain, over all profiles; one that cannot be listed keeps none of the others from it. */
  private async held(
    node: EslClient,
    signal: AbortSignal,
  ): Promise<{ users: Map<string, Set<string>>; failed: PromiseRejectedResult | undefined }> {
    const users = new Map<string, Set<string>>();
    const see = ({ authUser, authRealm }: { authUser: string; authRealm: string }): void => {
      if (!EXTENSION_NUMBER.test(authUser) || !isSipDomain(authRealm)) return;
      const numbers = users.get(authRealm);
      if (numbers) numbers.add(authUser);
      else users.set(authRealm, new Set([authUser]));
    };
    const lists = this.settings.sipProfiles.map((profile) => listRegistrations(node, profile, see, signal));
    const failed = (await Promise.allSettled(lists)).find((list) => list.status === 'rejected');
    return { users, failed };
  }

  /** @returns false when the user is none of ours, and the node knows it from elsewhere. */
  private async unregister(
    node: EslClient,
    number: string,
    domain: string,
    isTenants: boolean,
  ): Promise<boolean> {
    await flushUser(node, number, domain);
    if (!isTenants && (await userExists(node, number, domain, KNOWS_DEADLINE_MS))) return false;
    for (const profile of this.settings.sipProfiles) await dropContacts(node, profile, number, domain);
    return true;
  }
}
