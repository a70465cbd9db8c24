import { type QueryRunner } from 'typeorm';

/** Its rows say how far a database is, and are written by migrations alone. */
const MIGRATIONS = 'migrations';

const EMBEDDED = {
  tables:
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name",
  columns: 'SELECT name FROM pragma_table_info(?) ORDER BY cid',
};
const SERVER = {
  tables:
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name",
  columns:
    'SELECT column_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position',
};

export const isEmbedded = ({ connection }: QueryRunner): boolean =>
  connection.options.type === 'better-sqlite3';

/** All tables of the database. */
export function allTables(runner: QueryRunner): Promise<string[]> {
  return names(runner, (isEmbedded(runner) ? EMBEDDED : SERVER).tables);
}

/** Those with what Dialplane keeps. */
export async function tablesOf(runner: QueryRunner): Promise<string[]> {
  return (await allTables(runner)).filter((name) => name !== MIGRATIONS);
}

export function columnsOf(runner: QueryRunner, table: string): Promise<string[]> {
  return names(runner, (isEmbedded(runner) ? EMBEDDED : SERVER).columns, [table]);
}

/** Names of the migrations that made the tables, in their order; none of an empty database. */
export async function migrationsOf(runner: QueryRunner): Promise<string[]> {
  if (!(await allTables(runner)).includes(MIGRATIONS)) return [];
  return names(runner, `SELECT name FROM ${MIGRATIONS} ORDER BY id`);
}

/** A name in a statement. */
export function quoted(runner: QueryRunner, name: string): string {
  return runner.connection.driver.escape(name);
}

async function names(runner: QueryRunner, sql: string, parameters: string[] = []): Promise<string[]> {
  const rows = (await runner.query(sql, parameters)) as { name: string }[];
  return rows.map(({ name }) => name);
}
