import { type PoolConnection } from 'mysql2';
import { type DataSource, type QueryRunner } from 'typeorm';
import { streamOf } from './mysql-silence';

/** Begins a transaction on a connection of the pool. */
export async function beginOnServer(dataSource: DataSource): Promise<QueryRunner> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.startTransaction();
    return runner;
  } catch (error) {
    await endOnServer(runner, false);
    throw error;
  }
}

/**
 * Gives the connection back to the pool.
 * @param clean false when it may still be in the transaction: then it is closed, by which the server rolls back. The
 *   next transaction on it would commit what this one has done.
 */
export async function endOnServer(runner: QueryRunner, clean: boolean): Promise<void> {
  if (!clean) {
    const connection = await (runner.connect() as Promise<PoolConnection>).catch(() => null);
    connection?.destroy();
    // mysql2 only says goodbye, which a server that hangs does not hear.
    if (connection) streamOf(connection).destroy();
  }
  await runner.release();
}
