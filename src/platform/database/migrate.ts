import { type DataSource, type MigrationInterface } from 'typeorm';
import { mysqlLibrary } from './data-source';
import { whenUnlocked } from './when-unlocked';

const LOCK = 'dialplane-migrate';
const LOCK_DEADLINE_S = 60;

/** How migrations run in `alone`: on a server each in a transaction of its own, since there DDL commits. */
type Transactions = 'each' | 'none';

/**
 * Brings the schema up to date; instances that start at once take turns.
 * @param onEmpty called before an embedded database without any table is migrated, while no other process can
 *   write to it; may throw, and then nothing is changed
 * @returns what was applied
 */
export function migrate(dataSource: DataSource, onEmpty?: () => void): Promise<string[]> {
  return alone(dataSource, async (transactions) => {
    if (onEmpty && !mysqlLibrary(dataSource) && (await isEmpty(dataSource))) onEmpty();
    return runMigrations(dataSource, transactions);
  });
}

/**
 * Runs what changes the schema, while no other instance does. On the embedded database it is one transaction, which
 * locks the file before anything is read, and in which nothing checks foreign keys.
 */
export function alone<T>(
  dataSource: DataSource,
  work: (transactions: Transactions) => Promise<T>,
): Promise<T> {
  const mysql = mysqlLibrary(dataSource);
  if (!mysql) return inOneTransaction(dataSource, () => work('none'));
  return mysql.unhurried(() => inTurn(dataSource, () => work('each')));
}

/**
 * @param only names of those to run; absent: all
 * @returns the names of those that were missing, and are applied
 */
export async function runMigrations(
  dataSource: DataSource,
  transaction: Transactions,
  only?: readonly string[],
): Promise<string[]> {
  const { migrations } = dataSource;
  try {
    if (only)
      Object.assign(dataSource, { migrations: migrations.filter((each) => only.includes(nameOf(each))) });
    return (await dataSource.runMigrations({ transaction })).map(({ name }) => name);
  } finally {
    Object.assign(dataSource, { migrations });
  }
}

/** Names of all migrations that this program has, in their order. */
export function knownMigrations({ migrations }: DataSource): string[] {
  return migrations.map(nameOf);
}

function nameOf({ name, constructor }: MigrationInterface): string {
  return name ?? constructor.name;
}

async function inOneTransaction<T>(dataSource: DataSource, work: () => Promise<T>): Promise<T> {
  // A table is changed by making it anew, and others point to the old one; inside a transaction it says nothing.
  await dataSource.query('PRAGMA foreign_keys = OFF');
  await whenUnlocked(() => dataSource.query('BEGIN IMMEDIATE'), performance.now() + LOCK_DEADLINE_S * 1_000);
  try {
    const result = await work();
    await dataSource.query('COMMIT');
    return result;
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

async function inTurn<T>(dataSource: DataSource, work: () => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    const [got] = (await runner.query('SELECT GET_LOCK(?, ?) AS got', [LOCK, LOCK_DEADLINE_S])) as {
      got: unknown;
    }[];
    if (Number(got?.got) !== 1)
      throw new Error(`Another instance has been migrating for ${LOCK_DEADLINE_S} s.`);
    return await work();
  } finally {
    await runner.query('SELECT RELEASE_LOCK(?)', [LOCK]);
    await runner.release();
  }
}
