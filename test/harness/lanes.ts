import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { scratchFolder } from './scratch';
import { copyMigratedMariadb, copyMigratedSqlite } from './templates';

/** An empty database for one test file. */
export interface TestDatabase {
  /** As in DATABASE_URL. */
  url: string;
  drop(): Promise<void>;
}

export interface Lane {
  name: string;
  /** An empty one. */
  create(): Promise<TestDatabase>;
  /** One as `dialplane migrate` leaves it. */
  createMigrated(): Promise<TestDatabase>;
}

export const sqliteLane: Lane = {
  name: 'sqlite',
  create: () => Promise.resolve(sqlite()),
  createMigrated: async () => {
    const database = sqlite();
    await copyMigratedSqlite(database.url.slice('sqlite:'.length));
    return database;
  },
};

function sqlite(): TestDatabase {
  const folder = scratchFolder('test');
  const drop = (): Promise<void> => Promise.resolve(rmSync(folder, { recursive: true, force: true }));
  return { url: `sqlite:${join(folder, 'dialplane.db')}`, drop };
}

/** On the MariaDB server at `server`, else on that of TEST_DATABASE_URL. */
export const mariadbLane = (server = process.env.TEST_DATABASE_URL ?? ''): Lane => ({
  name: 'MariaDB',
  create: () => mariadb(server),
  createMigrated: async () => {
    const database = await mariadb(server);
    await copyMigratedMariadb(database.url);
    return database;
  },
});

async function mariadb(server: string): Promise<TestDatabase> {
  const name = `dialplane_${process.pid}_${Math.random().toString(36).slice(2)}`;
  // As a server makes it that nobody told better.
  await execute(server, `CREATE DATABASE ${name} CHARACTER SET latin1`);
  const url = new URL(server);
  url.pathname = name;
  return { url: url.href, drop: () => execute(server, `DROP DATABASE ${name}`) };
}

async function execute(server: string, sql: string): Promise<void> {
  const connection = await createConnection(server);
  await connection.query(sql);
  await connection.end();
}

/** Runs the tests once on each database. */
export function describeOnEach(what: string, tests: (lane: Lane) => void): void {
  describe(`${what} on sqlite`, () => tests(sqliteLane));
  const describeMariadb = process.env.TEST_DATABASE_URL ? describe : describe.skip;
  describeMariadb(`${what} on MariaDB`, () => tests(mariadbLane()));
}

/** Runs the tests once, on the embedded database: those of what a database has no say in. */
export function describeOnce(what: string, tests: (lane: Lane) => void): void {
  describe(what, () => tests(sqliteLane));
}
