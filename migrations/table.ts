import { type QueryRunner, Table, type TableColumnOptions, type TableOptions } from 'typeorm';

const isMysql = (runner: QueryRunner): boolean => runner.connection.options.type !== 'better-sqlite3';

/**
 * Whatever the database's own default: latin1 holds no Vietnamese name. The 520 collation, since the
 * older ones take all emoji for the same character.
 */
const TEXT = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci';

export const id: TableColumnOptions = {
  name: 'id',
  type: 'integer',
  isPrimary: true,
  isGenerated: true,
  generationStrategy: 'increment',
};

/** A varchar column. */
export function text(
  name: string,
  length: number,
  more: Partial<TableColumnOptions> = {},
): TableColumnOptions {
  return { name, type: 'varchar', length: String(length), ...more };
}

/** A column of type `type`. */
export function column(
  name: string,
  type: string,
  more: Partial<TableColumnOptions> = {},
): TableColumnOptions {
  return { name, type, ...more };
}

/** A foreign key `FK_<table>_<what>` on `columnName`, to the `id` of `target`. */
export function reference(
  name: string,
  columnName: string,
  target: string,
): NonNullable<TableOptions['foreignKeys']>[number] {
  return {
    name,
    columnNames: [columnName],
    referencedTableName: target,
    referencedColumnNames: ['id'],
    // Said aloud: unsaid, MariaDB reports RESTRICT and MySQL NO ACTION, and the schema seems to drift.
    onDelete: 'NO ACTION',
    onUpdate: 'NO ACTION',
  };
}

/** Creates a table with its keys and checks on either database. */
export async function createTable(runner: QueryRunner, options: TableOptions): Promise<void> {
  await runner.createTable(new Table({ ...options, ...(isMysql(runner) && { engine: 'InnoDB' }) }));
  if (!isMysql(runner)) return;
  const alter = `ALTER TABLE \`${options.name}\``;
  await runner.query(`${alter} CONVERT TO ${TEXT}`);
  // TypeORM leaves check constraints out on MySQL, where they have been kept since 8.0.16 and MariaDB 10.2.
  for (const check of options.checks ?? []) {
    await runner.query(`${alter} ADD CONSTRAINT \`${check.name}\` CHECK (${check.expression})`);
  }
}
