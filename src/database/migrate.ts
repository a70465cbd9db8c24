import { type DataSource } from 'typeorm';
import { mysqlLibrary } from './data-source';
import { whenUnlocked } from './when-unlocked';

const LOCK = 'dialplane-migrate';
const LOCK_DEADLINE_S = 60;

/**
 * Brings the schema up to date; instances that start at once take turns.
 * @param onEmpty called before an embedded database without any table is migrated, while no other process can
 *   write to it; may throw, and then nothing is changed
 * @returns what was applied
 */
export async function migrate(dataSource: DataSource, onEmpty?: () => void): Promise<string[]> {
  const mysql = mysqlLibrary(dataSource);
  return mysql ? mysql.unhurried(() => runInTurn(dataSource)) : runAlone(dataSource, onEmpty);
}

/** On the embedded database the whole upgrade is one transaction, which locks the file before anything is read. */
async function runAlone(dataSource: DataSource, onEmpty?: () => void): Promise<string[]> {
  // A table is changed by making it anew, and others point to the old one; inside a transaction it says nothing.
  await dataSource.query('PRAGMA foreign_keys = OFF');
  await whenUnlocked(() => dataSource.query('BEGIN IMMEDIATE'), performance.now() + LOCK_DEADLINE_S * 1_000);
  try {
    if (await isEmpty(dataSource)) onEmpty?.();
    const applied = await run(dataSource, 'none');
    await dataSource.query('COMMIT');
    return applied;
  } catch (error) {
    // It may have rolled back by itself, which makes this an error, of which nobody learns more than of the first.
    await dataSource.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    await dataSource.query('PRAGMA foreign_keys = ON');
  }
}

async function isEmpty(dataSource: DataSource): Promise<boolean> {
  const tables = await dataSource.query<unknown[]>(
    "SELECT 1 FROM sqlite_master WHERE type = 'table' LIMIT 1",
  );
  return tables.length === 0;
}

async function runInTurn(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    const [got] = (await runner.query('SELECT GET_LOCK(?, ?) AS got', [LOCK, LOCK_DEADLINE_S])) as {
      got: unknown;
    }[];
    if (Number(got?.got) !== 1)
      throw new Error(`Another instance has been migrating for ${LOCK_DEADLINE_S} s.`);
    return await run(dataSource, 'each');
  } finally {
    await runner.query('SELECT RELEASE_LOCK(?)', [LOCK]);
    await runner.release();
  }
}

async function run(dataSource: DataSource, transaction: 'each' | 'none'): Promise<string[]> {
  const applied = await dataSource.runMigrations({ transaction });
  return applied.map(({ name }) => name);
}
