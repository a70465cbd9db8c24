import Libsql from 'libsql';

/** How long closing waits for other processes that use the database. */
const CLOSE_BUSY_MS = 500;
/** How long opening waits for another process that creates, repairs or leaves the same file. */
const OPENING_MS = 5_000;
/** SQLite's own words for where a transaction begins and ends, and TypeORM's. */
const TRANSACTION = /^(BEGIN|COMMIT|ROLLBACK)( TRANSACTION| IMMEDIATE)?$/;

/**
 * libsql as TypeORM wants better-sqlite3 to be. libsql takes a lone `null` parameter for its named
 * parameters and fails ("failed to downcast any to object"); a list of one it takes as it is meant.
 *
 * Once it is open it never waits for a lock: libsql is synchronous, and SQLite's own wait would stop the whole
 * process. Who needs the lock asks again (`whenUnlocked`). Readers need none.
 */
export class EmbeddedDriver extends Libsql {
  constructor(path: string, options?: Libsql.Options) {
    super(path, { ...options, timeout: OPENING_MS });
    this.pragma('journal_mode = WAL');
    this.pragma('foreign_keys = ON');
    // Reads the file, and with it repairs what a crash left, while waiting is still allowed.
    this.prepare('SELECT 1 FROM sqlite_master').all();
    this.pragma('busy_timeout = 0');
  }

  override prepare = ((sql: string) => {
    if (TRANSACTION.test(sql)) return this.controlling(sql);
    const statement = super.prepare<unknown[]>(sql);
    const run = statement.run.bind(statement);
    const all = statement.all.bind(statement);
    statement.run = (...parameters: unknown[]) => run(parameters);
    statement.all = (...parameters: unknown[]) => all(parameters);
    return statement;
  }) as InstanceType<typeof Libsql>['prepare'];

  /**
   * Not prepared: libsql leaves a prepared BEGIN or COMMIT that failed for a lock open, and with it an old snapshot,
   * in which no later transaction can commit and reads no longer see what is written.
   *
   * A transaction is a writer's from its beginning. Else one that has read fails at its first write if another
   * process has written meanwhile (SQLITE_BUSY_SNAPSHOT).
   */
  private controlling(sql: string): Pick<Libsql.Statement<unknown[]>, 'reader' | 'run'> {
    const run = (): Libsql.RunResult => {
      this.exec(sql === 'BEGIN TRANSACTION' ? 'BEGIN IMMEDIATE' : sql);
      return { changes: 0, lastInsertRowid: 0 };
    };
    return { reader: false, run };
  }

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
