import { type DataSource } from 'typeorm';
import { mysqlLibrary } from './data-source';

const LOCK = 'dialplane-migrate';
const LOCK_DEADLINE_S = 60;

/** Brings the schema up to date; instances that start at once take turns. @returns what was applied */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const mysql = mysqlLibrary(dataSource);
  return mysql ? mysql.unhurried(() => runInTurn(dataSource)) : run(dataSource);
}

async function runInTurn(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    const [got] = (await runner.query('SELECT GET_LOCK(?, ?) AS got', [LOCK, LOCK_DEADLINE_S])) as {
      got: unknown;
    }[];
    if (Number(got?.got) !== 1)
      throw new Error(`Another instance has been migrating for ${LOCK_DEADLINE_S} s.`);
    return await run(dataSource);
  } finally {
    await runner.query('SELECT RELEASE_LOCK(?)', [LOCK]);
    await runner.release();
  }
}

async function run(dataSource: DataSource): Promise<string[]> {
  const applied = await dataSource.runMigrations();
  return applied.map(({ name }) => name);
}
