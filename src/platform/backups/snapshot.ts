import { type PoolConnection } from 'mysql2';
import { type DataSource, type QueryRunner } from 'typeorm';
import { embeddedDriver, mysqlLibrary } from '../database/data-source';
import { endOnServer } from '../database/server-transaction';
import { type Part, type Row, type TableHead } from './backup-file';
import { columnsOf, isEmbedded, migrationsOf, quoted, tablesOf } from './tables';

/** BEGIN, which is not IMMEDIATE, locks nobody out. */
const BEGIN_EMBEDDED = ['BEGIN'];
const BEGIN_ON_SERVER = [
  'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
];

/** The database as it was at one moment, whatever is written meanwhile. */
export interface Snapshot {
  /** Names of the migrations that made its tables, in their order. */
  migrations: string[];
  /** Each table, and its rows. */
  parts: AsyncIterable<Part>;
}

/** Calls `use` with a snapshot, which ends with it; nobody who writes waits for it. */
export function withSnapshot<T>(dataSource: DataSource, use: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  const mysql = mysqlLibrary(dataSource);
  // A disk that is slow keeps the server waiting, which then says nothing.
  return mysql ? mysql.unhurried(() => readIn(dataSource, use)) : readIn(dataSource, use);
}

async function readIn<T>(dataSource: DataSource, use: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  let clean = false;
  try {
    for (const sql of isEmbedded(runner) ? BEGIN_EMBEDDED : BEGIN_ON_SERVER) await runner.query(sql);
    const result = await use({ migrations: await migrationsOf(runner), parts: partsOf(runner) });
    await runner.query('COMMIT');
    clean = true;
    return result;
  } finally {
    // A connection to a server on which rows still wait to be read takes no statement any more.
    if (!isEmbedded(runner)) await endOnServer(runner, clean);
    else if (!clean) await runner.query('ROLLBACK');
  }
}

async function* partsOf(runner: QueryRunner): AsyncGenerator<Part> {
  for (const table of await tablesOf(runner)) {
    const head = { table, columns: await columnsOf(runner, table), next_id: await nextId(runner, table) };
    yield head;
    yield* rowsOf(runner, head);
  }
}

async function* rowsOf(runner: QueryRunner, { table, columns }: TableHead): AsyncGenerator<Row> {
  const selected = columns.map((column) => quoted(runner, column)).join(', ');
  const sql = `SELECT ${selected} FROM ${quoted(runner, table)}`;
  const embedded = embeddedDriver(runner.connection);
  if (embedded) {
    yield* embedded.prepare(sql).raw().iterate() as Iterable<Row>;
    return;
  }
  const connection = (await runner.connect()) as PoolConnection;
  const rows = await runner.stream(sql);
  // mysql2 tells the connection that it is lost, and not who reads from it.
  const fail = (error: Error): unknown => rows.destroy(error);
  connection.on('error', fail);
  try {
    for await (const row of rows as AsyncIterable<Record<string, Row[number] | Date>>)
      yield columns.map((column) => plain(row[column] ?? null));
  } finally {
    connection.off('error', fail);
  }
}

/** A time as the embedded database keeps it. */
function plain(value: Row[number] | Date): Row[number] {
  return value instanceof Date ? value.toISOString().replace('T', ' ').slice(0, -1) : value;
}

/** An id that was given to a row that is deleted by now is given to no other. */
async function nextId(runner: QueryRunner, table: string): Promise<number | null> {
  if (isEmbedded(runner)) {
    const sql = 'SELECT seq FROM sqlite_sequence WHERE name = ?';
    const [row] = (await runner.query(sql, [table])) as { seq: number }[];
    return row ? row.seq + 1 : null;
  }
  // Information_schema knows it too, but on MySQL 8 as it was up to a day ago.
  const [row] = (await runner.query(`SHOW CREATE TABLE ${quoted(runner, table)}`)) as Record<
    string,
    string
  >[];
  const [, next] = /\bAUTO_INCREMENT=(\d+)/.exec(row?.['Create Table'] ?? '') ?? [];
  return next === undefined ? null : Number(next);
}
