import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { type Connection, createConnection } from 'mysql2/promise';
import { readSettings } from '../../src/platform/config/settings';
import { createDataSource } from '../../src/platform/database/data-source';
import { migrate } from '../../src/platform/database/migrate';
import { APP_KEY } from './keys';
import { inRunFolder, onceARun } from './run-folder';

// Migrations take longer than most tests: they run once on each kind of database, and tests get copies.

export async function copyMigratedSqlite(path: string): Promise<void> {
  const template = inRunFolder('migrated.db');
  await onceARun('sqlite', () => migrateEmpty(`sqlite:${template}`));
  copyFileSync(template, path);
}

/** @param url of an empty database */
export async function copyMigratedMariadb(url: string): Promise<void> {
  const template = inRunFolder('migrated.sql');
  await onceARun('mariadb', () => dumpMigrated(url, template));
  const connection = await createConnection({ uri: url, multipleStatements: true });
  await connection.query(readFileSync(template, 'utf8'));
  await connection.end();
}

async function migrateEmpty(url: string): Promise<void> {
  const dataSource = createDataSource(readSettings({ APP_KEY, DATABASE_URL: url }));
  await dataSource.initialize();
  await migrate(dataSource);
  await dataSource.destroy();
}

/** Writes a file with the statements that fill a database; this one is empty again afterwards. */
async function dumpMigrated(url: string, file: string): Promise<void> {
  await migrateEmpty(url);
  const connection = await createConnection({ uri: url, dateStrings: true, multipleStatements: true });
  const tables = (await rowsOf(connection, 'SHOW TABLES')).map(([name]) => name);
  const statements = ['SET foreign_key_checks = 0'];
  for (const table of tables) {
    const [[, create] = []] = await rowsOf(connection, connection.format('SHOW CREATE TABLE ??', [table]));
    const rows = await rowsOf(connection, connection.format('SELECT * FROM ??', [table]));
    statements.push(String(create));
    if (rows.length > 0) statements.push(connection.format('INSERT INTO ?? VALUES ?', [table, rows]));
  }
  writeFileSync(file, statements.join(';\n'));
  await connection.query(connection.format('SET foreign_key_checks = 0; DROP TABLE ??', [tables]));
  await connection.end();
}

async function rowsOf(connection: Connection, sql: string): Promise<unknown[][]> {
  const [rows] = await connection.query({ sql, rowsAsArray: true });
  return rows as unknown[][];
}
