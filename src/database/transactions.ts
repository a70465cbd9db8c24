import { DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import { isUnavailable, OutcomeUnknown } from './unavailable';

/** Another transaction, or on the embedded database another process, was in the way. */
const TRANSIENT = /^(ER_LOCK_DEADLOCK|ER_LOCK_WAIT_TIMEOUT|SQLITE_BUSY.*)$/;
const TRIES = 8;
const LONGEST_PAUSE_MS = 100;

/**
 * The one way to write. On the embedded database all requests share one connection, so parallel
 * transactions would fail and a statement of one request would land inside another's transaction;
 * there the transactions run one after another.
 */
export class Transactions {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in a transaction and answers with its result; what was in its way is tried again, so `work`
   * must do nothing that the database cannot undo.
   * @throws OutcomeUnknown when the database was lost during the commit; clients are told 503, like of any
   *   other loss, and read to learn what stands
   */
  async run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    if (this.dataSource.options.type !== 'better-sqlite3') return this.retried(work);
    const mine = this.last.then(() => this.retried(work));
    this.last = mine.catch(() => undefined);
    return mine;
  }

  private async retried<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      let committing = false;
      try {
        return await this.dataSource.transaction(async (manager) => {
          const result = await work(manager);
          committing = true;
          return result;
        });
      } catch (error) {
        if (attempt === TRIES || !TRANSIENT.test(errorCode(error)))
          throw committing && isUnavailable(error) ? new OutcomeUnknown(error) : error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_PAUSE_MS));
      }
    }
  }
}

/** Whether an insert or update broke a unique constraint. */
export function brokenUnique(error: unknown): boolean {
  return ['ER_DUP_ENTRY', 'SQLITE_CONSTRAINT_UNIQUE'].includes(errorCode(error));
}

function errorCode(error: unknown): string {
  return error instanceof QueryFailedError ? String((error.driverError as { code?: unknown }).code) : '';
}
