import { type DataSource } from 'typeorm';
import { Transactions } from '../../platform/database/transactions';
import { AuditChain } from '../../schema/audit-chain.entity';
import { AuditEntry } from '../../schema/audit-entry.entity';
import { newChain } from './chain';

const ROWS_PER_STATEMENT = 500;

/**
 * Begins the platform's chain, and those of tenants that were there before the audit: all at once, and only while
 * there is nothing of it. A chain that is missing beside others, or beside entries, was removed, and stays missed.
 */
export async function initializeChains(dataSource: DataSource, key: Buffer): Promise<void> {
  await new Transactions(dataSource).run(async (manager) => {
    if ((await manager.existsBy(AuditChain, {})) || (await manager.existsBy(AuditEntry, {}))) return;
    const tenants = await manager.query<{ id: number }[]>('SELECT id FROM tenants ORDER BY id');
    const chains = [{ id: 0 }, ...tenants].map(({ id }) => newChain(key, id));
    for (let start = 0; start < chains.length; start += ROWS_PER_STATEMENT) {
      const some = chains.slice(start, start + ROWS_PER_STATEMENT);
      // Another instance that starts now begins them as well, with the same seals.
      await manager.createQueryBuilder().insert().into(AuditChain).values(some).orIgnore().execute();
    }
  });
}
