import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource, type EntityManager, In, LessThan, Not } from 'typeorm';
import { withDeadline } from '../common/deadline';
import { now } from '../common/time';
import { Settings } from '../config/settings';
import { Transactions } from '../database/transactions';
import { LOOKUP_DEADLINE_MS } from '../directory/directory.service';
import { LookupsInFlight } from '../directory/lookups-in-flight';
import { Extension } from '../extensions/extension.entity';
import { NodePool } from '../freeswitch/node-pool';
import { Metrics } from '../metrics/metrics';
import { NodeRevoker, type RevocationStore } from './node-revoker';
import { Revocation } from './revocation.entity';

/** How long a change waits for the nodes that are there before it answers; they go on after it. */
const ANSWER_DEADLINE_MS = 1_800;
const BATCH = 200;
/**
 * After this a node that was away has nothing left to forget: what it cached is over after 36 minutes
 * at most, and a contact cannot be renewed without asking us.
 */
const KEPT_MS = 24 * 3_600_000;
const PURGE_EVERY_MS = 3_600_000;

/** What nodes must forget, from the transaction that decides it until every node has. */
@Injectable()
export class RevocationsService implements RevocationStore, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(RevocationsService.name);
  private readonly revokers: NodeRevoker[];
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly lookups: LookupsInFlight,
    private readonly metrics: Metrics,
    private readonly pool: NodePool,
    settings: Settings,
  ) {
    this.revokers = pool.nodes.map(
      (node) =>
        new NodeRevoker(node, this, {
          profiles: settings.sipProfiles,
          report: (result, error) => this.report(node.name, result, error),
        }),
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.purge();
    const hourly = setInterval(() => void this.purge(), PURGE_EVERY_MS);
    this.ends.push(() => clearInterval(hourly));
    this.ends.push(this.pool.onReady((node) => this.revokers.find(({ name }) => name === node.name)?.wake()));
    for (const revoker of this.revokers) revoker.wake();
  }

  async onApplicationShutdown(): Promise<void> {
    for (const end of this.ends) end();
    await Promise.all(this.revokers.map((revoker) => revoker.stop()));
  }

  private async purge(): Promise<void> {
    const old = new Date(Date.now() - KEPT_MS);
    try {
      await this.transactions.run((manager) => manager.delete(Revocation, { createdAt: LessThan(old) }));
    } catch (error) {
      this.logger.warn({ err: error }, 'old revocations could not be removed');
    }
  }

  /** Writes, inside the change's own transaction, what every node must do about it. */
  record(
    manager: EntityManager,
    user: Pick<Revocation, 'sipUser' | 'sipDomain' | 'dropContacts'>,
  ): Promise<Revocation[]> {
    const rows = this.pool.nodes.map(({ name }) => ({ ...user, node: name, createdAt: now() }));
    return manager.save(Revocation, rows);
  }

  /** Has the nodes that are there do it now; the others do it when they are back. Never fails. */
  async carryOut(revocations: readonly Revocation[]): Promise<void> {
    const attempts = this.revokers.map((revoker) =>
      revoker.attempted(revocations.filter(({ node }) => node === revoker.name)),
    );
    const all = Promise.all(attempts).then(() => undefined);
    await withDeadline(all, ANSWER_DEADLINE_MS, () => undefined);
  }

  pending(node: string, except: readonly number[]): Promise<Revocation[]> {
    return this.dataSource.manager.find(Revocation, {
      where: { node, ...(except.length > 0 && { id: Not(In([...except])) }) },
      order: { id: 'ASC' },
      take: BATCH,
    });
  }

  async remove(id: number): Promise<void> {
    await this.transactions.run((manager) => manager.delete(Revocation, id));
  }

  mayHavePhone({ sipUser, sipDomain }: Revocation): Promise<boolean> {
    return this.dataSource.manager.existsBy(Extension, {
      liveNumber: sipUser,
      status: 'active',
      tenant: { domain: sipDomain, status: 'active' },
    });
  }

  settled({ sipUser, sipDomain }: Revocation): Promise<void> {
    return this.lookups.settled(`${sipUser}@${sipDomain}`, LOOKUP_DEADLINE_MS);
  }

  private report(node: string, result: 'done' | 'failed', error?: unknown): void {
    this.metrics.flushes.inc({ node, result });
    if (error === undefined) return;
    this.logger.warn({ node, err: error }, 'a revocation failed and will be tried again');
  }
}
