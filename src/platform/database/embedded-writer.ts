import { type DataSource } from 'typeorm';
import { type BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver';
import { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner';
import { type EmbeddedDriver } from './embedded-driver';
import { DatabaseLocked, DatabaseTooLate } from './unavailable';
import { whenUnlocked } from './when-unlocked';

/** How long a transaction waits for another process, such as the command line, to finish writing. */
const LOCK_DEADLINE_MS = 4_000;
const LONGEST_QUEUE = 2_000;

/** Runs statements on a connection other than the data source's own. */
class WriterRunner extends BetterSqlite3QueryRunner {
  constructor(
    dataSource: DataSource,
    private readonly database: EmbeddedDriver,
  ) {
    super(dataSource.driver as BetterSqlite3Driver);
    Object.assign(this, { manager: dataSource.createEntityManager(this) });
  }

  override connect(): Promise<EmbeddedDriver> {
    return Promise.resolve(this.database);
  }

  /** Whether TypeORM and SQLite agree that no transaction is under way. */
  get idle(): boolean {
    return !this.isTransactionActive && !this.database.inTransaction;
  }
}

/**
 * The connection of the embedded database on which transactions run, one after another. Everything else reads on
 * the data source's own connection, and so sees only what is committed.
 */
export class EmbeddedWriter {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private connection: EmbeddedDriver | null = null;
  private runner: WriterRunner | null = null;

  /** @param open a new connection, set up as the data source's own */
  constructor(private readonly open: () => EmbeddedDriver) {}

  /**
   * Runs `work` after what was asked for before it.
   * @param work gets the time after which it must not wait for other processes any more
   */
  async inTurn<T>(work: (deadline: number) => Promise<T>): Promise<T> {
    if (this.waiting >= LONGEST_QUEUE) throw new DatabaseTooLate('Too many changes wait for their turn.');
    const deadline = performance.now() + LOCK_DEADLINE_MS;
    this.waiting += 1;
    const mine = this.last.then(() => work(deadline)).finally(() => (this.waiting -= 1));
    this.last = mine.catch(() => undefined);
    return mine;
  }

  /** @returns a runner in a new transaction; who gets it ends with `settle` */
  begin(dataSource: DataSource, deadline: number): Promise<WriterRunner> {
    return whenUnlocked(async () => {
      const runner = this.idleRunner(dataSource);
      try {
        await runner.startTransaction();
        return runner;
      } catch (error) {
        this.settle();
        throw error;
      }
    }, deadline);
  }

  /**
   * After a transaction: whatever failed in it, nothing of it is under way any more. A runner that believes otherwise
   * is thrown away: TypeORM counts a transaction that it could not end, and all later ones as parts of it.
   */
  settle(): void {
    const { runner, connection } = this;
    if (!runner || !connection || runner.idle) return;
    this.runner = null;
    if (connection.inTransaction) rollback(connection);
  }

  /** What is under way is rolled back. */
  close(): void {
    if (this.connection?.inTransaction) rollback(this.connection);
    this.connection?.close();
    this.connection = this.runner = null;
  }

  private idleRunner(dataSource: DataSource): WriterRunner {
    this.connection ??= this.open();
    // Not closed instead: libsql would keep it, with its lock, until its statements are garbage collected.
    if (this.connection.inTransaction && !rollback(this.connection))
      throw new DatabaseLocked('the last transaction cannot be rolled back');
    this.runner ??= new WriterRunner(dataSource, this.connection);
    return this.runner;
  }
}

/** @returns whether no transaction is under way any more */
function rollback(connection: EmbeddedDriver): boolean {
  try {
    connection.exec('ROLLBACK');
  } catch {
    // SQLite may have rolled back by itself, which makes this an error.
  }
  return !connection.inTransaction;
}
