import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Settings } from '../config/settings';
import { ApiToken } from '../../schema/api-token.entity';
import { AuditChain } from '../../schema/audit-chain.entity';
import { AuditEntry } from '../../schema/audit-entry.entity';
import { CallerId } from '../../schema/caller-id.entity';
import { Department } from '../../schema/department.entity';
import { Extension } from '../../schema/extension.entity';
import { IdempotencyKey } from '../../schema/idempotency-key.entity';
import { IdempotencyPart } from '../../schema/idempotency-part.entity';
import { ImportJob } from '../../schema/import-job.entity';
import { ImportPart } from '../../schema/import-part.entity';
import { FreeswitchNode } from '../../schema/node.entity';
import { UnknownNode } from '../../schema/unknown-node.entity';
import { Revocation } from '../../schema/revocation.entity';
import { RevocationNode } from '../../schema/revocation-node.entity';
import { Team } from '../../schema/team.entity';
import { Tenant } from '../../schema/tenant.entity';
import { UserTeam } from '../../schema/user-team.entity';
import { User } from '../../schema/user.entity';
import { migrations } from '../../../migrations';
import { EmbeddedDriver } from './embedded-driver';
import { EmbeddedWriter } from './embedded-writer';
import { CONNECTION_DEADLINE_MS, MysqlLibrary } from './mysql-library';
import { AvailabilityMonitor } from '../availability-monitor';

const ENTITIES = [
  Tenant,
  Department,
  Team,
  CallerId,
  Extension,
  User,
  UserTeam,
  ApiToken,
  FreeswitchNode,
  UnknownNode,
  Revocation,
  RevocationNode,
  AuditChain,
  AuditEntry,
  IdempotencyKey,
  IdempotencyPart,
  ImportJob,
  ImportPart,
];
const POOL_SIZE = 10;
const LONGEST_QUEUE = 2_000;

/**
 * The data source of the settings' database, not yet connected.
 * @param embedded opens connections to the embedded database
 */
export function createDataSource(settings: Settings, embedded = EmbeddedDriver): DataSource {
  return new DataSource({
    ...(settings.sqlitePath === null
      ? mysqlOptions(settings.DATABASE_URL)
      : sqliteOptions(settings.sqlitePath, embedded)),
    entities: ENTITIES,
    migrations,
    migrationsTableName: 'migrations',
    synchronize: false,
    logging: false,
  });
}

function sqliteOptions(path: string, embedded: typeof EmbeddedDriver): DataSourceOptions {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const writer = new EmbeddedWriter(() => new embedded(path));
  const driver = class extends embedded {
    static readonly writer = writer;

    override close(): this {
      writer.close();
      return super.close();
    }
  };
  return { type: 'better-sqlite3', database: path, driver };
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

/** Null with a database server. */
export function embeddedWriter({ options }: DataSource): EmbeddedWriter | null {
  const { driver } = options as { driver?: { writer?: unknown } };
  return driver?.writer instanceof EmbeddedWriter ? driver.writer : null;
}

/** Null with the embedded database. */
export function mysqlLibrary({ options }: DataSource): MysqlLibrary | null {
  const { driver } = options as { driver?: unknown };
  return driver instanceof MysqlLibrary ? driver : null;
}

/** The connected embedded database; null with MariaDB and MySQL. */
export function embeddedDriver({ driver, options }: DataSource): EmbeddedDriver | null {
  if (options.type !== 'better-sqlite3') return null;
  return (driver as unknown as { databaseConnection: EmbeddedDriver }).databaseConnection;
}

/** Whether the data source's database is there; the embedded one always is. */
export function monitorOf(dataSource: DataSource): AvailabilityMonitor {
  return mysqlLibrary(dataSource)?.presence ?? new AvailabilityMonitor(() => Promise.resolve());
}
