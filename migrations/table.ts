import {
  type QueryRunner,
  Table,
  TableCheck,
  TableColumn,
  type TableColumnOptions,
  type TableOptions,
} from 'typeorm';

export const isMysql = (runner: QueryRunner): boolean => runner.connection.options.type !== 'better-sqlite3';

/**
 * Whatever the database's own default: latin1 holds no Vietnamese name. The 520 collation, since the
 * older ones take all emoji for the same character.
 */
export const AS_READ = 'utf8mb4_unicode_520_ci';
const TEXT = `CHARACTER SET utf8mb4 COLLATE ${AS_READ}`;

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
  await runner.createTable(new Table(isMysql(runner) ? forMysql(options) : options));
  if (!isMysql(runner)) return;
  const alter = `ALTER TABLE \`${options.name}\``;
  await runner.query(`${alter} CONVERT TO ${TEXT}`);
  // TypeORM leaves check constraints out on MySQL, where they have been kept since 8.0.16 and MariaDB 10.2.
  for (const check of options.checks ?? []) {
    await runner.query(`${alter} ADD CONSTRAINT \`${check.name}\` CHECK (${check.expression})`);
  }
}

/** The conversion of a whole table makes TEXT columns wider, unless they are utf8mb4 from the start. */
function forMysql(options: TableOptions): TableOptions {
  const columns = options.columns?.map((each) =>
    each.type === 'text' ? { ...each, charset: 'utf8mb4', collation: AS_READ } : each,
  );
  return { ...options, ...(columns && { columns }), engine: 'InnoDB' };
}

/** Adds a check to a table that is there, on either database. */
export async function addCheck(
  runner: QueryRunner,
  table: string,
  { name, expression }: { name: string; expression: string },
): Promise<void> {
  if (isMysql(runner))
    await runner.query(`ALTER TABLE \`${table}\` ADD CONSTRAINT \`${name}\` CHECK (${expression})`);
  else await runner.createCheckConstraint(table, new TableCheck({ name, expression }));
}

export async function dropCheck(runner: QueryRunner, table: string, name: string): Promise<void> {
  if (isMysql(runner)) await runner.query(`ALTER TABLE \`${table}\` DROP CONSTRAINT \`${name}\``);
  else await runner.dropCheckConstraint(table, name);
}

/** Whether a column may be null; TypeORM's own way on MySQL drops the column and makes it anew. */
export async function setNullable(
  runner: QueryRunner,
  table: string,
  changed: TableColumnOptions,
  isNullable: boolean,
): Promise<void> {
  const { name, type, length } = changed;
  if (!isMysql(runner)) {
    await runner.changeColumn(table, name, new TableColumn({ ...changed, isNullable }));
    return;
  }
  const sqlType = type === 'varchar' ? `varchar(${length}) ${TEXT}` : type === 'integer' ? 'int' : type;
  await runner.query(
    `ALTER TABLE \`${table}\` MODIFY \`${name}\` ${sqlType} ${isNullable ? 'NULL' : 'NOT NULL'}`,
  );
}

/**
 * Has a varchar column that is never null compare its texts exactly, as the embedded database does, or again
 * as people read them: without regard to case, tones and spaces behind.
 */
export async function setExact(
  runner: QueryRunner,
  table: string,
  { name, length }: TableColumnOptions,
  isExact: boolean,
): Promise<void> {
  if (!isMysql(runner)) return;
  const collation = isExact ? await exactCollation(runner) : AS_READ;
  await runner.query(
    `ALTER TABLE \`${table}\` MODIFY \`${name}\` varchar(${length}) CHARACTER SET utf8mb4 COLLATE ${collation} NOT NULL`,
  );
}

/** utf8mb4_bin, which both have, takes no notice of spaces behind. */
async function exactCollation(runner: QueryRunner): Promise<string> {
  const [row] = (await runner.query('SELECT VERSION() AS version')) as { version: string }[];
  return row?.version.includes('MariaDB') ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
}
