import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Settings } from '../config/settings';
import { ApiToken } from '../auth/api-token.entity';
import { CallerId } from '../caller-ids/caller-id.entity';
import { Department } from '../teams/department.entity';
import { Extension } from '../extensions/extension.entity';
import { Revocation } from '../revocations/revocation.entity';
import { RevocationNode } from '../revocations/revocation-node.entity';
import { Team } from '../teams/team.entity';
import { Tenant } from '../tenants/tenant.entity';
import { migrations } from '../../migrations';
import { EmbeddedDriver } from './embedded-driver';
import { CONNECTION_DEADLINE_MS, MysqlLibrary } from './mysql-library';
import { DatabasePresence } from './presence';

const POOL_SIZE = 10;
const LONGEST_QUEUE = 2_000;

/** The data source of the settings' database, not yet connected. */
export function createDataSource(settings: Settings): DataSource {
  return new DataSource({
    ...(settings.sqlitePath === null
      ? mysqlOptions(settings.DATABASE_URL)
      : sqliteOptions(settings.sqlitePath)),
    entities: [Tenant, Department, Team, CallerId, Extension, ApiToken, Revocation, RevocationNode],
    migrations,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
  });
}

function sqliteOptions(path: string): DataSourceOptions {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return {
    type: 'better-sqlite3',
    database: path,
    driver: EmbeddedDriver,
    // Another process (the CLI) may hold the write lock for a moment.
    timeout: 5_000,
    enableWAL: path !== ':memory:',
  };
}

function mysqlOptions(url: string): DataSourceOptions {
  return {
    type: 'mysql',
    url,
    timezone: 'Z',
    charset: 'utf8mb4',
    supportBigNumbers: true,
    connectTimeout: CONNECTION_DEADLINE_MS,
    driver: new MysqlLibrary(url),
    poolSize: POOL_SIZE,
    extra: { queueLimit: LONGEST_QUEUE, maxIdle: POOL_SIZE, enableKeepAlive: true },
  };
}

/** Null with the embedded database. */
export function mysqlLibrary({ options }: DataSource): MysqlLibrary | null {
  const { driver } = options as { driver?: unknown };
  return driver instanceof MysqlLibrary ? driver : null;
}

/** Whether the data source's database is there; the embedded one always is. */
export function presenceOf(dataSource: DataSource): DatabasePresence {
  return mysqlLibrary(dataSource)?.presence ?? new DatabasePresence(() => Promise.resolve());
}
