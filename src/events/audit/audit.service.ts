import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThanOrEqual } from 'typeorm';
import { now } from '../../core/time';
import { InstallationSecrets } from '../../platform/config/secret-files';
import { rowLock } from '../../platform/database/row-lock';
import { Transactions } from '../../platform/database/transactions';
import { type Actor } from '../../core/actor';
import { AuditChain } from '../../schema/audit-chain.entity';
import { AuditEntry } from '../../schema/audit-entry.entity';
import { ALL_EXTENSIONS } from '../event-log';
import { auditKey, headMac, entryHash, newChain } from './chain';
import { type Changes } from './changes';

const ROWS_PER_STATEMENT = 500;

/** What kinds of things are told of, and what may be done to them. */
export const RESOURCE_TYPES = [
  'extension',
  'caller_id',
  'team',
  'department',
  'user',
  'token',
  'tenant',
  'import',
  'node',
] as const;

export interface AuditEvent {
  action: string;
  resourceType: (typeof RESOURCE_TYPES)[number];
  /** Its number, name or id. */
  resource: string;
  changes: Changes;
  /**
   * The SIP users whose revocations were recorded in the same transaction, and the id of each; undefined where there
   * are no nodes. An extension's event takes its own, any other event all of them.
   */
  revocations?: RevokedUsers;
}

export type RevokedUsers = ReadonlyMap<string, number | undefined>;

const NONE: RevokedUsers = new Map();
/** More numbers than this are not listed: the event then concerns all extensions of the tenant. */
const MOST_AFFECTED = 1_000;

/** Writes what was done, in the transaction that does it: the entries are the audit, and the log of events. */
@Injectable()
export class AuditService {
  /** What hashes and seals are made with. */
  readonly key: Buffer;
  /** This process, among those that write to the log. */
  readonly origin = randomUUID();

  constructor(
    secrets: InstallationSecrets,
    private readonly transactions: Transactions,
  ) {
    this.key = auditKey(secrets.appKey);
  }

  /**
   * Adds entries to the tenant's chain, which is held until the transaction ends: to be called last in it.
   * @param tenantId whose admins are to see it; 0: the platform's operators
   */
  async record(
    manager: EntityManager,
    tenantId: number,
    actor: Actor,
    deeds: readonly AuditEvent[],
  ): Promise<void> {
    if (deeds.length === 0) return;
    const [first] = deeds;
    const isNew = tenantId !== 0 && first?.resourceType === 'tenant' && first.action === 'created';
    const chain = await this.hold(manager, tenantId, isNew);
    const at = now();
    const entries = deeds.map((deed) => {
      chain.lastSeq += 1;
      const unhashed = { tenantId, seq: chain.lastSeq, at, ...actorColumns(actor), ...toRow(deed) };
      chain.lastHash = entryHash(this.key, chain.lastHash, unhashed);
      return { ...unhashed, hash: chain.lastHash, origin: this.origin, affected: affectedBy(deed) };
    });
    for (let start = 0; start < entries.length; start += ROWS_PER_STATEMENT) {
      await manager
        .createQueryBuilder()
        .insert()
        .into(AuditEntry)
        .values(entries.slice(start, start + ROWS_PER_STATEMENT))
        .updateEntity(false)
        .execute();
    }
    const { lastSeq, lastHash } = chain;
    await manager.update(AuditChain, tenantId, { lastSeq, lastHash, seal: headMac(this.key, chain) });
  }

  /**
   * Lets go of the oldest entries of a tenant, and has the chain begin after them.
   * @returns how many went, `most` at most
   */
  async forget(tenantId: number, before: Date, most: number): Promise<number> {
    return this.transactions.run(async (manager) => {
      const chain = await this.hold(manager, tenantId);
      const found = await manager.find(AuditEntry, {
        where: { tenantId },
        order: { seq: 'ASC' },
        take: most,
      });
      // In their order: an entry is never let go before an older one.
      const kept = found.findIndex(({ at }) => at >= before);
      const old = kept === -1 ? found : found.slice(0, kept);
      const last = old.at(-1);
      if (!last) return 0;
      await manager.delete(AuditEntry, { tenantId, seq: LessThanOrEqual(last.seq) });
      const ends = { ...chain, firstSeq: last.seq + 1, baseHash: last.hash };
      const { firstSeq, baseHash } = ends;
      await manager.update(AuditChain, tenantId, { firstSeq, baseHash, seal: headMac(this.key, ends) });
      return old.length;
    });
  }

  /**
   * The chain's row, held until the transaction ends. Only a tenant that is new has none: one that was removed is
   * begun after an entry that nobody can show.
   */
  private async hold(manager: EntityManager, tenantId: number, isNew = false): Promise<AuditChain> {
    const find = (): Promise<AuditChain | null> =>
      manager.findOne(AuditChain, {
        where: { tenantId },
        ...rowLock(manager),
      });
    const found = await find();
    if (found) return found;
    const last = isNew ? null : await manager.maximum(AuditEntry, 'seq', { tenantId });
    const row = newChain(this.key, tenantId, isNew ? 0 : (last ?? 0) + 1);
    await manager.createQueryBuilder().insert().into(AuditChain).values(row).orIgnore().execute();
    return (await find()) ?? manager.create(AuditChain, row);
  }
}

function actorColumns({ kind, id, name, tokenId, address, requestId }: Actor) {
  return { actorKind: kind, actorId: id, actorName: name, tokenId, address, requestId };
}

/** As in AuditEntry.affected. */
function affectedBy({ resourceType, revocations }: AuditEvent): string | null {
  if (resourceType === 'extension' || !revocations || revocations.size === 0) return null;
  return revocations.size > MOST_AFFECTED ? ALL_EXTENSIONS : [...revocations.keys()].join();
}

function toRow({ action, resourceType, resource, changes, revocations = NONE }: AuditEvent) {
  const recorded = resourceType === 'extension' ? [revocations.get(resource)] : [...revocations.values()];
  const ids = recorded.filter((id) => id !== undefined).sort((a, b) => a - b);
  return {
    action,
    resourceType,
    resource,
    changes: JSON.stringify(changes),
    firstRevocationId: ids[0] ?? null,
    lastRevocationId: ids.at(-1) ?? null,
  };
}
