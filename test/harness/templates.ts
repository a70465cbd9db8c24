import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection, type Connection } from 'mysql2/promise';
import { APP_KEY } from './keys';
import { scratchFolder } from './scratch';

const LAUNCHER = join(__dirname, '../../src/cli/dialplane.js');
const SQLITE = 'dialplane.db';
const MARIADB = 'dialplane.sql';

/**
 * Has the program itself migrate one database of each kind, so that a test that wants a migrated one gets a copy:
 * the migrations take longer than most tests.
 * @param server as in TEST_DATABASE_URL, if there is one
 * @returns the folder with the copies
 */
export async function makeTemplates(server: string | undefined): Promise<string> {
  const folder = scratchFolder('templates');
  await Promise.all([
    migrate(`sqlite:${join(folder, SQLITE)}`),
    ...(server === undefined ? [] : [dumpMigrated(server, join(folder, MARIADB))]),
  ]);
  return folder;
}

export function removeTemplates(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

export function copySqlite(path: string): void {
  copyFileSync(join(templates(), SQLITE), path);
}

/** Fills an empty database. */
export async function copyMariadb(url: string): Promise<void> {
  const connection = await createConnection({ uri: url, multipleStatements: true });
  await connection.query(readFileSync(join(templates(), MARIADB), 'utf8'));
  await connection.end();
}

function templates(): string {
  return process.env.TEST_TEMPLATES ?? '';
}

async function migrate(url: string): Promise<void> {
  const env = { PATH: process.env.PATH, APP_KEY, DATABASE_URL: url };
  await promisify(execFile)(process.execPath, [LAUNCHER, 'migrate'], { env });
}

async function dumpMigrated(server: string, file: string): Promise<void> {
  const url = new URL(server);
  url.pathname = `dialplane_template_${process.pid}`;
  const name = url.pathname.slice(1);
  const connection = await createConnection({ uri: server, dateStrings: true });
  await connection.query('CREATE DATABASE ?? CHARACTER SET latin1', [name]);
  await migrate(url.href);
  await connection.query('USE ??', [name]);
  writeFileSync(file, await dump(connection));
  await connection.query('DROP DATABASE ??', [name]);
  await connection.end();
}

/** The statements that make the connection's database again, with its rows. */
async function dump(connection: Connection): Promise<string> {
  const statements = ['SET foreign_key_checks = 0'];
  for (const [table] of await rowsOf(connection, 'SHOW TABLES')) {
    const [[, create] = []] = await rowsOf(connection, connection.format('SHOW CREATE TABLE ??', [table]));
    statements.push(String(create));
    const rows = await rowsOf(connection, connection.format('SELECT * FROM ??', [table]));
    if (rows.length > 0) statements.push(connection.format('INSERT INTO ?? VALUES ?', [table, rows]));
  }
  return statements.join(';\n');
}

async function rowsOf(connection: Connection, sql: string): Promise<unknown[][]> {
  const [rows] = await connection.query({ sql, rowsAsArray: true });
  return rows as unknown[][];
}
