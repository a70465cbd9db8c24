import Libsql from 'libsql';

/** How long closing waits for other processes that use the database. */
const CLOSE_BUSY_MS = 500;

/**
 * libsql as TypeORM wants better-sqlite3 to be. libsql takes a lone `null` parameter for its named
 * parameters and fails ("failed to downcast any to object"); a list of one it takes as it is meant.
 *
 * A transaction is a writer's from its beginning. Else one that has read fails at its first write if another process
 * has written meanwhile (SQLITE_BUSY_SNAPSHOT), and libsql leaves the failed statement open, by which the old
 * snapshot stays, and no later transaction can write.
 */
export class EmbeddedDriver extends Libsql {
  override prepare = ((sql: string) => {
    const statement = super.prepare<unknown[]>(sql === 'BEGIN TRANSACTION' ? 'BEGIN IMMEDIATE' : sql);
    const run = statement.run.bind(statement);
    const all = statement.all.bind(statement);
    statement.run = (...parameters: unknown[]) => run(parameters);
    statement.all = (...parameters: unknown[]) => all(parameters);
    return statement;
  }) as InstanceType<typeof Libsql>['prepare'];

  /**
   * Copies the write-ahead log into the database file, so that a copy of the file alone has what was written.
   * PASSIVE copies what it can without waiting for anyone; TRUNCATE copies all, and empties the log, unless
   * another process is at work in the database.
   */
  checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): void {
    this.prepare(`PRAGMA wal_checkpoint(${mode})`).all();
  }

  /** libsql itself leaves everything in the write-ahead log. */
  override close(): this {
    try {
      this.prepare(`PRAGMA busy_timeout = ${CLOSE_BUSY_MS}`).all();
      this.checkpoint('TRUNCATE');
    } catch {
      // Nothing is lost: what remains in the log is read from there.
    }
    return super.close();
  }
}
