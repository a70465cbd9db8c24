import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { withDeadline } from '../../core/deadline';
import { Settings } from '../../platform/config/settings';
import { type EslClient } from '../../freeswitch/esl-client';
import { type Leave, NodePool } from '../../freeswitch/node-pool';
import { Metrics } from '../../platform/metrics';
import { RegistrationsService } from '../registrations/state/registrations.service';
import { RevocationWorker } from './revocation-worker';
import { type RevocationNode } from '../../schema/revocation-node.entity';
import { RevocationTimings } from './revocation-timings';
import { type Change, CLAIM_MS, RevocationStore } from './revocation-store';

/** How long a change waits for the nodes that are there before it answers; they go on after it. */
const ANSWER_DEADLINE_MS = 1_800;
const PURGE_EVERY_MS = 3_600_000;

/** What nodes must forget, from the transaction that decides it until every node has. */
@Injectable()
export class RevocationsService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(RevocationsService.name);
  private workers: RevocationWorker[] = [];
  private readonly disposers: (() => unknown)[] = [];
  private later: NodeJS.Timeout | null = null;
  private lookAt = 0;

  constructor(
    private readonly store: RevocationStore,
    private readonly metrics: Metrics,
    private readonly pool: NodePool,
    private readonly settings: Settings,
    private readonly registrations: RegistrationsService,
    private readonly timings: RevocationTimings,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.purge();
    const hourly = setInterval(() => void this.purge(), PURGE_EVERY_MS);
    this.disposers.push(() => clearInterval(hourly));
    this.disposers.push(this.pool.follow((node) => this.follow(node)));
    this.wakeLater();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.later) clearTimeout(this.later);
    await Promise.all(this.disposers.map((end) => end()));
  }

  private follow(node: EslClient): Leave {
    const revoker = new RevocationWorker(node, this.store, {
      profiles: this.settings.sipProfiles,
      contacts: this.registrations,
      timings: this.timings,
      report: (result, error) => this.report(node.name, result, error),
    });
    this.workers = [...this.workers, revoker];
    const end = node.onStatus((status) => status === 'ready' && this.resume(revoker));
    revoker.wake();
    return () => {
      end();
      this.workers = this.workers.filter((each) => each !== revoker);
      return revoker.stop();
    };
  }

  /** Writes, inside the changes' own transaction, what every node must do about them. */
  record(manager: EntityManager, changes: readonly Change[]): Promise<RevocationNode[]> {
    return this.store.record(manager, changes);
  }

  /** Has the nodes that are there do it now; the others do it when they are back. Never fails. */
  async carryOut(works: readonly RevocationNode[], deadlineMs = ANSWER_DEADLINE_MS): Promise<void> {
    const attempts = this.workers.map((revoker) =>
      revoker.attempted(works.filter(({ node }) => node === revoker.name)),
    );
    const all = Promise.all(attempts).then(() => undefined);
    await withDeadline(all, deadlineMs, () => undefined);
  }

  /** Has one node's work looked for, where there is more by now than changes made it. */
  wakeNode(node: string): void {
    this.workers.find(({ name }) => name === node)?.wake();
  }

  /** Looks for work that another process has left undone, once that has had its time. */
  wakeLater(): void {
    this.lookAt = Date.now() + CLAIM_MS + 1_000;
    this.later ??= setTimeout(() => this.lookLater(), CLAIM_MS + 1_000);
  }

  /** Called for again meanwhile, it looks again. */
  private lookLater(): void {
    const left = this.lookAt - Date.now();
    this.later = left > 0 ? setTimeout(() => this.lookLater(), left) : null;
    this.wake();
  }

  /** The node may have been away from another process as well, which had begun something. */
  private resume(revoker: RevocationWorker): void {
    revoker.wake();
    this.wakeLater();
  }

  private wake(): void {
    for (const revoker of this.workers) revoker.wake();
  }

  private async purge(): Promise<void> {
    try {
      await this.store.purge();
    } catch (error) {
      this.logger.warn(
        { event: 'revocation.purge_failed', err: error },
        'old revocations could not be removed',
      );
    }
  }

  private report(node: string, result: 'done' | 'failed', error?: unknown): void {
    this.metrics.flushes.inc({ node, result });
    if (error === undefined) return;
    this.logger.warn(
      { event: 'revocation.attempt_failed', node, err: error },
      'a revocation failed and will be tried again',
    );
  }
}
