import { type Socket } from 'node:net';
import { promisify } from 'node:util';
import { createConnection, createPool, type Pool, type PoolConnection, type PoolOptions } from 'mysql2';
import { withDeadline } from '../../core/deadline';
import { Silence, streamOf } from './mysql-silence';
import { AvailabilityMonitor } from '../availability-monitor';
import { DatabaseAway, DatabaseTooLate, isUnavailable } from './unavailable';

/** How long a query waits for a connection, a new one included. */
export const CONNECTION_DEADLINE_MS = 1_800;
/** The same at a start, for which nobody waits on the line. */
const START_DEADLINE_MS = 10_000;
/** How long the database may say nothing while it owes an answer. */
const SILENCE_MS = 2_800;
const HOT_CONNECTIONS = 6;
const PROBE_DEADLINE_MS = 1_000;
const GOODBYE_DEADLINE_MS = 1_000;

type Acquired = (error: Error | null, connection?: PoolConnection) => void;

/**
 * mysql2 as TypeORM wants its driver to be, with an end to every wait: mysql2 itself waits forever for a
 * connection of the pool and for a database that hangs, and its `timeout` of a query leaves the
 * connection as stuck as it was. While the database is known to be away, nothing waits at all.
 */
export class MysqlLibrary {
  readonly presence: AvailabilityMonitor;
  private hurried = true;
  private hot: Pool | null = null;

  /** @param url as in DATABASE_URL */
  constructor(url: string) {
    this.presence = new AvailabilityMonitor(() => probe(url));
  }

  /** What TypeORM calls. */
  createPool(options: PoolOptions): Pool {
    const pool = this.limitedPool(options);
    const hot = this.limitedPool({ ...options, connectionLimit: HOT_CONNECTIONS });
    this.hot = hot;
    const end = pool.end.bind(pool);
    pool.end = (done) => hot.end(() => end(done));
    return pool;
  }

  /**
   * Connections for what must not wait behind writers: lookups of nodes, and who a token belongs to. Writers
   * that wait for each other's locks may hold all of the pool's.
   */
  get hotPool(): Pool {
    if (!this.hot) throw new Error('The database is not connected.');
    return this.hot;
  }

  private limitedPool(options: PoolOptions): Pool {
    const pool = createPool(options);
    this.limitWaiting(pool);
    this.limitSilence(pool);
    this.limitEnd(pool);
    return pool;
  }

  /** Runs what may keep the database busy for long without a word, such as a migration. */
  async unhurried<T>(work: () => Promise<T>): Promise<T> {
    this.hurried = false;
    try {
      return await work();
    } finally {
      this.hurried = true;
    }
  }

  /** Everything that the pool does begins with getConnection, query() and execute() too. */
  private limitWaiting(pool: Pool): void {
    const acquire = pool.getConnection.bind(pool) as (done: Acquired) => void;
    const limited = (done: Acquired): void => {
      if (!this.presence.there) {
        process.nextTick(done, new DatabaseAway());
        return;
      }
      const deadlineMs = this.hurried ? CONNECTION_DEADLINE_MS : START_DEADLINE_MS;
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        this.presence.suspect();
        done(new DatabaseTooLate('No connection to the database was to be had in time.'));
      }, deadlineMs);
      acquire((error, connection) => {
        clearTimeout(timer);
        if (error && isUnavailable(error)) this.presence.suspect();
        if (late) connection?.release();
        else done(error, connection);
      });
    };
    pool.getConnection = limited as Pool['getConnection'];
  }

  /** A database that hangs takes no goodbye either, and a connection that breaks instead is as well ended. */
  private limitEnd(pool: Pool): void {
    const streams = new Set<Socket>();
    pool.on('connection', (connection: PoolConnection) => {
      const stream = streamOf(connection);
      streams.add(stream);
      stream.once('close', () => streams.delete(stream));
    });
    const end = promisify(pool.end.bind(pool));
    const breakOff = (): void => {
      for (const stream of streams) stream.destroy();
    };
    pool.end = (done) => {
      this.presence.stop();
      void withDeadline(end(), GOODBYE_DEADLINE_MS, breakOff)
        .catch(breakOff)
        .then(() => {
          done?.(null);
        });
    };
  }

  /**
   * Each query is watched by itself: of a connection that was idle nobody knows what became of the other end.
   * When the database turns out to be away, what already waits for it in vain is ended too.
   */
  private limitSilence(pool: Pool): void {
    const watched = new Set<Silence>();
    pool.on('connection', (connection: PoolConnection) => {
      // Every query in flight has been told; unheard, the event would end the process.
      connection.on('error', () => this.presence.suspect());
      const silence = new Silence(connection, SILENCE_MS, () => {
        if (this.hurried)
          silence.breakOff(new DatabaseTooLate(`The database has said nothing for ${SILENCE_MS} ms.`));
      });
      watched.add(silence);
      streamOf(connection).once('close', () => watched.delete(silence));
    });
    this.presence.onChange(({ there }) => {
      if (there || !this.hurried) return;
      for (const silence of watched)
        if (silence.lasted >= PROBE_DEADLINE_MS) silence.breakOff(new DatabaseAway());
    });
  }
}

/** Beside the pool, whose connections may all be taken. */
function probe(url: string): Promise<void> {
  const connection = createConnection({ uri: url, connectTimeout: PROBE_DEADLINE_MS });
  return new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new DatabaseTooLate('The database did not answer in time.')),
      PROBE_DEADLINE_MS,
    );
    const settle = (error: Error | null): void => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve();
    };
    connection.on('error', settle);
    connection.query('SELECT 1', settle);
  }).finally(() => connection.destroy());
}
