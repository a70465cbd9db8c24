import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In, LessThan, MoreThanOrEqual } from 'typeorm';
import { now } from '../../core/time';
import { Transactions } from '../../platform/database/transactions';
import { LOOKUP_DEADLINE_MS } from '../directory/directory.service';
import { LookupsInFlight } from '../directory/lookups-in-flight';
import { Extension } from '../../schema/extension.entity';
import { NodePool } from '../../freeswitch/node-pool';
import { NodeAskers } from '../registry/node-askers';
import { nodeNames } from '../registry/node-names';
import { unknownNodes } from '../../schema/unknown-node.entity';
import { insertWork, INITIAL_COUNTS } from './new-work';
import { type WorkStore } from './revocation-worker';
import { type TaskProgress } from './revocation-task';
import { type MailboxStep, Revocation } from '../../schema/revocation.entity';
import { RevocationNode } from '../../schema/revocation-node.entity';

export type Change = Pick<Revocation, 'tenantId' | 'sipUser' | 'sipDomain' | 'reason' | 'dropContacts'> & {
  device?: string;
  /** What nodes are to do about the user's mailbox. */
  mailbox?: { name: string; step: MailboxStep };
};

/**
 * How long a process has work to itself once it took it or last said how it went: longer than until the
 * second pass. What a process that died had begun, another begins when this is over.
 */
export const CLAIM_MS = 5_000;
const PURGED_AT_ONCE = 200;
const ROWS_PER_STATEMENT = 500;
const KEPT_MS = 90 * 24 * 3_600_000;

/** Revocations in the database: recorded with the change, taken by who carries them out, kept as receipts. */
@Injectable()
export class RevocationStore implements WorkStore {
  /** This process, among those that share the database. */
  readonly instance = randomUUID();
  private unsaved: [RevocationNode, TaskProgress][] = [];
  private saving: Promise<void> = Promise.resolve();
  private nextSave: Promise<void> | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly lookups: LookupsInFlight,
    private readonly pool: NodePool,
    private readonly askers: NodeAskers,
  ) {}

  /**
   * Writes, inside the changes' own transaction, what every node must do about them.
   * @param changes of one tenant, each of another user
   * @returns the work, already claimed
   */
  async record(manager: EntityManager, changes: readonly Change[]): Promise<RevocationNode[]> {
    if (changes.length === 0) return [];
    const works: RevocationNode[] = [];
    const nodes = await nodeNames(manager);
    const unknown = await this.unknownNames(manager);
    for (let start = 0; start < changes.length; start += ROWS_PER_STATEMENT) {
      const revocations = await this.insert(manager, changes.slice(start, start + ROWS_PER_STATEMENT));
      const created = revocations.flatMap((revocation) => [
        ...nodes.map((node) => this.workOf(manager, revocation, node)),
        ...unknown.map((name) => unknownWork(manager, revocation, name)),
      ]);
      if (created.length > 0) await insertWork(manager, created);
      works.push(...created);
    }
    return works;
  }

  private async insert(manager: EntityManager, changes: readonly Change[]): Promise<Revocation[]> {
    const rows = changes.map(({ mailbox, ...change }) =>
      manager.create(Revocation, {
        ...change,
        device: change.device ?? null,
        mailbox: mailbox?.name ?? null,
        mailboxStep: mailbox?.step ?? null,
        madeBy: this.instance,
        createdAt: now(),
      }),
    );
    await manager.insert(Revocation, rows);
    const [first] = rows;
    if (rows.length <= 1 || !first) return rows;
    // Read back: of many rows the driver tells the first id only, and the others need not follow one by one.
    const written = await manager.findBy(Revocation, {
      tenantId: first.tenantId,
      sipUser: In(rows.map(({ sipUser }) => sipUser)),
      madeBy: this.instance,
      id: MoreThanOrEqual(first.id),
    });
    return written;
  }

  private workOf(manager: EntityManager, revocation: Revocation, node: string): RevocationNode {
    return manager.create(RevocationNode, {
      ...{ revocation, revocationId: revocation.id, node, ...INITIAL_COUNTS },
      lastError: this.pool.isReady(node) ? null : 'ESL_NOT_READY',
      claimedBy: this.instance,
      claimedUntil: claimEnd(),
    });
  }

  /** Those that another instance heard, and those that only this one has heard yet. */
  private async unknownNames(manager: EntityManager): Promise<string[]> {
    const recorded = (await unknownNodes(manager)).filter((row) => this.askers.nodeOf(row) === null);
    const heard = this.askers.unknown();
    return [...new Set([...recorded, ...heard].map(({ name }) => name))];
  }

  async take(node: string, except: readonly number[], most: number): Promise<RevocationNode[]> {
    const found = await this.dataSource.manager
      .createQueryBuilder(RevocationNode, 'n')
      .select('n.revocation_id', 'id')
      .where('n.node = :node AND n.verified_at IS NULL', { node })
      .andWhere('(n.claimed_until IS NULL OR n.claimed_until <= :now OR n.claimed_by = :me)', this.claimant())
      .andWhere(except.length > 0 ? 'n.revocation_id NOT IN (:...except)' : '1 = 1', { except })
      .orderBy('n.revocation_id')
      .limit(most)
      .getRawMany<{ id: number }>();
    if (found.length === 0) return [];
    const ours = await this.claimAll(
      node,
      found.map(({ id }) => id),
    );
    return this.dataSource.manager.find(RevocationNode, {
      where: { node, revocationId: In([...ours]) },
      relations: { revocation: true },
      order: { revocationId: 'ASC' },
    });
  }

  async claim(works: readonly RevocationNode[]): Promise<Set<number>> {
    const claimedUntil = claimEnd();
    const ids = works.map(({ revocationId }) => revocationId);
    const ours = await this.claimAll(works[0]?.node ?? '', ids);
    for (const work of works) if (ours.has(work.revocationId)) work.claimedUntil = claimedUntil;
    return ours;
  }

  private async claimAll(node: string, ids: number[]): Promise<Set<number>> {
    const claimedUntil = claimEnd();
    await this.transactions.run((manager) =>
      manager
        .createQueryBuilder()
        .update(RevocationNode)
        .set({ claimedBy: this.instance, claimedUntil })
        .where('node = :node AND revocation_id IN (:...ids) AND verified_at IS NULL', { node, ids })
        .andWhere('(claimed_until IS NULL OR claimed_until <= :now OR claimed_by = :me)', this.claimant())
        .execute(),
    );
    const rows = await this.dataSource.manager
      .createQueryBuilder(RevocationNode, 'n')
      .select('n.revocation_id', 'id')
      .where('n.node = :node AND n.revocation_id IN (:...ids)', { node, ids })
      .andWhere('n.claimed_by = :me AND n.verified_at IS NULL', this.claimant())
      .getRawMany<{ id: number }>();
    return new Set(rows.map(({ id }) => id));
  }

  /** What comes in while a transaction runs shares the next one. */
  save(work: RevocationNode, progress: TaskProgress): Promise<void> {
    this.unsaved.push([work, progress]);
    this.nextSave ??= this.saving.then(() => {
      this.nextSave = null;
      const entries = this.unsaved.splice(0);
      const saved = this.transactions.run(async (manager) => {
        for (const entry of entries) await this.enter(manager, ...entry);
      });
      this.saving = saved.catch(() => undefined);
      return saved;
    });
    return this.nextSave;
  }

  private async enter(manager: EntityManager, work: RevocationNode, progress: TaskProgress): Promise<void> {
    const { flushed, dropped, deleted, attempts, lastError, flushedAt, verifiedAt } = progress;
    const claimedUntil = claimEnd();
    await manager
      .createQueryBuilder()
      .update(RevocationNode)
      .set({
        flushedEntries: () => 'flushed_entries + :flushed',
        droppedContacts: () => 'dropped_contacts + :dropped',
        deletedMessages: () => 'deleted_messages + :deleted',
        attempts: () => 'attempts + :attempts',
        lastError,
        ...(flushedAt && { flushedAt }),
        ...(verifiedAt && { verifiedAt }),
        claimedBy: this.instance,
        claimedUntil,
      })
      .where({ revocationId: work.revocationId, node: work.node })
      .setParameters({ flushed, dropped, deleted, attempts })
      .execute();
    work.claimedUntil = claimedUntil;
  }

  async mayHavePhone({ sipUser, sipDomain }: Revocation): Promise<boolean> {
    return this.dataSource.manager.existsBy(Extension, {
      liveNumber: sipUser,
      status: 'active',
      tenant: { domain: sipDomain, status: 'active' },
    });
  }

  settled({ sipUser, sipDomain }: Revocation): Promise<void> {
    return this.lookups.settled(`${sipUser}@${sipDomain}`, LOOKUP_DEADLINE_MS);
  }

  /** Removes what is older than 90 days, whatever became of it. */
  async purge(): Promise<void> {
    const old = { createdAt: LessThan(new Date(Date.now() - KEPT_MS)) };
    for (let left = PURGED_AT_ONCE; left === PURGED_AT_ONCE;) {
      left = await this.transactions.run(async (manager) => {
        const found = await manager.find(Revocation, {
          where: old,
          select: { id: true },
          take: PURGED_AT_ONCE,
        });
        const ids = found.map(({ id }) => id);
        if (ids.length === 0) return 0;
        await manager.delete(RevocationNode, { revocationId: In(ids) });
        await manager.delete(Revocation, { id: In(ids) });
        return ids.length;
      });
    }
  }

  private claimant(): { now: Date; me: string } {
    return { now: new Date(), me: this.instance };
  }
}

/** Nobody works on it until the FreeSWITCH is one of the nodes. */
function unknownWork(manager: EntityManager, revocation: Revocation, name: string): RevocationNode {
  return manager.create(RevocationNode, {
    ...{ revocation, revocationId: revocation.id, node: name, ...INITIAL_COUNTS },
    ...{ lastError: 'NODE_UNKNOWN', claimedBy: null, claimedUntil: null },
  });
}

/** In whole seconds, as the database keeps it. */
function claimEnd(): Date {
  return new Date(now().getTime() + CLAIM_MS);
}
