import { type DataSource, type QueryRunner } from 'typeorm';
import { alone, runMigrations } from '../database/migrate';
import { type Head, readBackup, type Row, type TableHead, UnusableBackup } from './backup-file';
import { allTables, columnsOf, isEmbedded, quoted, tablesOf } from './tables';

const ROWS_PER_STATEMENT = 200;
/** Far below what a server takes in one packet. */
const CHARACTERS_PER_STATEMENT = 256 * 1024;

/** Where a backup is to go there is something already. */
export class NotEmpty extends Error {
  readonly code = 'not_empty';
}

/**
 * Fills an empty database with a backup, and brings it up to date. When it fails the database is empty again.
 * @param check throws when what was restored is of no use
 * @returns the migrations that were applied to it beyond the backup's own
 * @throws NotEmpty, UnusableBackup, what `check` throws, and what the database says
 */
export function restoreBackup(
  dataSource: DataSource,
  path: string,
  { migrations }: Head,
  check: () => Promise<void>,
): Promise<string[]> {
  return alone(dataSource, async (transaction) => {
    const runner = dataSource.createQueryRunner();
    try {
      if ((await allTables(runner)).length > 0) throw new NotEmpty('The database is not empty.');
      try {
        await runMigrations(dataSource, transaction, migrations);
        await (isEmbedded(runner) ? loadEmbedded(runner, path) : loadOnServer(runner, path));
        const applied = await runMigrations(dataSource, transaction);
        await check();
        return applied;
      } catch (error) {
        // The embedded database rolls it all back.
        if (!isEmbedded(runner)) await dropAll(runner);
        throw error;
      }
    } finally {
      await runner.release();
    }
  });
}

async function loadEmbedded(runner: QueryRunner, path: string): Promise<void> {
  for (const { table, next_id } of await loadAll(runner, path)) {
    if (next_id === null) continue;
    await runner.query('DELETE FROM sqlite_sequence WHERE name = ?', [table]);
    await runner.query('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)', [table, next_id - 1]);
  }
  const broken = (await runner.query('PRAGMA foreign_key_check')) as unknown[];
  if (broken.length > 0)
    throw new UnusableBackup(`${path} has rows that point to rows which it does not have.`);
}

/** Tables that point to each other have no order in which each row finds what it points to. */
async function loadOnServer(runner: QueryRunner, path: string): Promise<void> {
  // The audit's first chain has the id 0.
  await runner.query(
    "SET SESSION foreign_key_checks = 0, sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')",
  );
  await runner.startTransaction();
  const tables = await loadAll(runner, path);
  await runner.commitTransaction();
  for (const { table, next_id } of tables) {
    if (next_id !== null)
      await runner.query(`ALTER TABLE ${quoted(runner, table)} AUTO_INCREMENT = ${next_id}`);
  }
  await runner.query('SET SESSION foreign_key_checks = 1');
}

/** @returns the tables of the backup */
async function loadAll(runner: QueryRunner, path: string): Promise<TableHead[]> {
  const known = new Set(await tablesOf(runner));
  const loaded: Loading[] = [];
  let current: Loading | null = null;
  for await (const part of readBackup(path)) {
    if (Array.isArray(part)) {
      if (!current) throw foreign(path);
      await current.add(part);
    } else if ('table' in part) {
      await current?.flush();
      const own = known.delete(part.table) ? await columnsOf(runner, part.table) : [];
      if (!isLike(part, own)) throw foreign(path);
      current = new Loading(runner, part);
      loaded.push(current);
    }
  }
  await current?.flush();
  return loaded.map(({ head }) => head);
}

/** Whether a table's head has the columns that the table has. */
function isLike({ columns, next_id }: TableHead, own: readonly string[]): boolean {
  const same = own.length === columns.length && own.every((column) => columns.includes(column));
  return same && own.length > 0 && (next_id === null || Number.isSafeInteger(next_id));
}

function foreign(path: string): UnusableBackup {
  return new UnusableBackup(`${path} has other tables than its migrations make.`);
}

/** Writes a table's rows, many at a time. */
class Loading {
  private rows: Row[] = [];
  private characters = 0;

  constructor(
    private readonly runner: QueryRunner,
    readonly head: TableHead,
  ) {}

  async add(row: Row): Promise<void> {
    this.rows.push(row);
    for (const value of row) this.characters += typeof value === 'string' ? value.length : 8;
    if (this.rows.length >= ROWS_PER_STATEMENT || this.characters >= CHARACTERS_PER_STATEMENT)
      await this.flush();
  }

  async flush(): Promise<void> {
    const { runner, rows, head } = this;
    if (rows.length === 0) return;
    const columns = head.columns.map((column) => quoted(runner, column)).join(', ');
    const places = `(${head.columns.map(() => '?').join(', ')})`;
    const values = rows.map(() => places).join(', ');
    await runner.query(
      `INSERT INTO ${quoted(runner, head.table)} (${columns}) VALUES ${values}`,
      rows.flat(),
    );
    this.rows = [];
    this.characters = 0;
  }
}

async function dropAll(runner: QueryRunner): Promise<void> {
  if (runner.isTransactionActive) await runner.rollbackTransaction();
  await runner.query('SET SESSION foreign_key_checks = 0');
  for (const table of await allTables(runner)) await runner.query(`DROP TABLE ${quoted(runner, table)}`);
  await runner.query('SET SESSION foreign_key_checks = 1');
}
