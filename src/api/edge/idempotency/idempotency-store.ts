import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In, IsNull, LessThan, Not } from 'typeorm';
import { now } from '../../../core/time';
import { brokenUnique } from '../../../platform/database/codes';
import { Transactions } from '../../../platform/database/transactions';
import { IdempotencyKey } from '../../../schema/idempotency-key.entity';
import { IdempotencyPart } from '../../../schema/idempotency-part.entity';

/** What a process that died had claimed is free after this; one that lives renews its claims in time. */
const CLAIM_MS = 60_000;
export const RENEW_EVERY_MS = 20_000;
const KEPT_MS = 24 * 3_600_000;
const PARTS_PER_STATEMENT = 10;
const PURGED_AT_ONCE = 200;
const CLAIM_TRIES = 3;

export type Use = Pick<IdempotencyKey, 'scope' | 'keyHash' | 'fingerprint'>;

/** The row that a use of a key made, or of the earlier use that is in its way. */
export interface Claim {
  row: IdempotencyKey;
  earlier: boolean;
}

/** Which keys were used, for what, and with what answer: in the database, for all instances. */
@Injectable()
export class IdempotencyStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
  ) {}

  /** Of several at once, on whatever instance, one has the key to itself. */
  async claim(use: Use): Promise<Claim> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.transactions.run((manager) => claimIn(manager, use));
      } catch (error) {
        // Another came first; now its row is to be seen.
        if (!brokenUnique(error) || attempt === CLAIM_TRIES) throw error;
      }
    }
  }

  async renew(ids: readonly number[]): Promise<void> {
    const running = { id: In([...ids]), claimedUntil: Not(IsNull()) };
    await this.transactions.run((manager) =>
      manager.update(IdempotencyKey, running, { claimedUntil: claimEnd() }),
    );
  }

  /** Fails when the claim is another's by now: then there is no row for the parts to belong to. */
  async keep(keyId: number, parts: readonly string[]): Promise<void> {
    const rows = parts.map((sealed, position) => ({ keyId, position, sealed }));
    await this.transactions.run(async (manager) => {
      for (let start = 0; start < rows.length; start += PARTS_PER_STATEMENT)
        await manager.insert(IdempotencyPart, rows.slice(start, start + PARTS_PER_STATEMENT));
      await manager.update(IdempotencyKey, keyId, { claimedUntil: null });
    });
  }

  async release(id: number): Promise<void> {
    await this.transactions.run((manager) => remove(manager, [id]));
  }

  async partsOf(keyId: number): Promise<string[]> {
    const parts = await this.dataSource.manager.find(IdempotencyPart, {
      where: { keyId },
      order: { position: 'ASC' },
    });
    return parts.map(({ sealed }) => sealed);
  }

  /** Removes what is too old to be answered from. */
  async purge(): Promise<void> {
    for (let left = PURGED_AT_ONCE; left === PURGED_AT_ONCE;) {
      left = await this.transactions.run(async (manager) => {
        const old = { createdAt: LessThan(oldest()) };
        const found = await manager.find(IdempotencyKey, {
          where: [
            { ...old, claimedUntil: IsNull() },
            { ...old, claimedUntil: LessThan(now()) },
          ],
          select: { id: true },
          take: PURGED_AT_ONCE,
        });
        await remove(
          manager,
          found.map(({ id }) => id),
        );
        return found.length;
      });
    }
  }
}

async function claimIn(manager: EntityManager, { scope, keyHash, fingerprint }: Use): Promise<Claim> {
  const before = await manager.findOneBy(IdempotencyKey, { scope, keyHash });
  if (before && isLive(before)) return { row: before, earlier: true };
  if (before) await remove(manager, [before.id]);
  const row = manager.create(IdempotencyKey, {
    ...{ scope, keyHash, fingerprint },
    claimedUntil: claimEnd(),
    createdAt: now(),
  });
  await manager.insert(IdempotencyKey, row);
  return { row, earlier: false };
}

async function remove(manager: EntityManager, ids: number[]): Promise<void> {
  if (ids.length === 0) return;
  await manager.delete(IdempotencyPart, { keyId: In(ids) });
  await manager.delete(IdempotencyKey, { id: In(ids) });
}

function isLive({ claimedUntil, createdAt }: IdempotencyKey): boolean {
  return claimedUntil === null ? createdAt > oldest() : claimedUntil > new Date();
}

function oldest(): Date {
  return new Date(Date.now() - KEPT_MS);
}

function claimEnd(): Date {
  return new Date(now().getTime() + CLAIM_MS);
}
