import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { pauseUpTo } from '../../core/pause';
import { Listeners } from '../../core/listeners';
import { isTransient } from './codes';
import { embeddedWriter } from './data-source';
import { GuardedStatements } from './guarded-statements';
import { beginOnServer, endOnServer } from './server-transaction';
import { isUnavailable, OutcomeUnknown, refusesChanges } from './unavailable';

const TRIES = 8;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;

/** Where transactions run: how one begins, and how a runner is given back, whose transaction was ended cleanly or not. */
interface Place {
  begin(): Promise<QueryRunner>;
  end(runner: QueryRunner, clean: boolean): Promise<void> | void;
}

/**
 * The one way to write. What `run` resolves with is committed. On the embedded database transactions run one after
 * another, on a connection of their own.
 */
export class Transactions {
  private readonly refusals = new Listeners<unknown>((error) => process.emitWarning(String(error)));

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in a transaction and answers with its result; what was in its way is tried again, so `work`
   * must do nothing that the database cannot undo.
   * @throws OutcomeUnknown when the database was lost during the commit; clients are told 503, like of any
   *   other loss, and read to learn what stands
   */
  async run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const { dataSource } = this;
    const writer = embeddedWriter(dataSource);
    try {
      if (!writer) {
        const server = { begin: () => beginOnServer(dataSource), end: endOnServer };
        return await retried(() => once(server, work));
      }
      return await writer.inTurn((deadline) => {
        const begin = (): Promise<QueryRunner> => writer.begin(dataSource, deadline);
        return retried(() => once({ begin, end: () => writer.settle() }, work));
      });
    } catch (error) {
      if (refusesChanges(error)) this.refusals.emit(error);
      throw error;
    }
  }

  /**
   * @param hear gets the error of a transaction that failed because the database takes no changes
   * @returns a function that ends the listening
   */
  onRefusal(hear: (error: unknown) => void): () => void {
    return this.refusals.add(hear);
  }
}

async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (tried === TRIES || !isTransient(error)) throw error;
    }
    await pauseUpTo(Math.min(FIRST_PAUSE_MS * 2 ** (tried - 1), LONGEST_PAUSE_MS));
  }
}

async function once<T>(place: Place, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  const runner = await place.begin();
  const statements = new GuardedStatements(runner);
  let committing = false;
  let clean = false;
  try {
    const result = await work(runner.manager);
    statements.requireWhole();
    statements.end();
    committing = true;
    await runner.commitTransaction();
    clean = true;
    return result;
  } catch (error) {
    statements.end();
    clean = await rolledBack(runner);
    throw committing && isUnavailable(error) && !(clean && isTransient(error))
      ? new OutcomeUnknown(error)
      : error;
  } finally {
    await place.end(runner, clean);
  }
}

async function rolledBack(runner: QueryRunner): Promise<boolean> {
  return runner.rollbackTransaction().then(
    () => true,
    () => false,
  );
}
