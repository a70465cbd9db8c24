import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type DataSource } from 'typeorm';
import { SYSTEM } from '../../src/core/actor';
import { TokensModule } from '../../src/accounts/tokens/tokens.module';
import { TokenStore } from '../../src/accounts/tokens/token-store';
import { CallerIdsModule } from '../../src/pbx/caller-ids/caller-ids.module';
import { CallerIdsService } from '../../src/pbx/caller-ids/caller-ids.service';
import { now } from '../../src/core/time';
import { InstallationSecrets } from '../../src/platform/config/secret-files';
import { readSettings } from '../../src/platform/config/settings';
import { createDataSource } from '../../src/platform/database/data-source';
import { migrate } from '../../src/platform/database/migrate';
import { PlatformModule } from '../../src/platform/platform.module';
import { Extension } from '../../src/schema/extension.entity';
import { SealedBox } from '../../src/platform/secrets/sealed-box';
import { SipCredentials } from '../../src/platform/secrets/sip-credentials.service';
import { TenantsModule } from '../../src/accounts/tenants/tenants.module';
import { TenantsService } from '../../src/accounts/tenants/tenants.service';
import { startMariadb } from '../harness/mariadb';
import { numberAt } from './requests';

export const APP_KEY = Buffer.alloc(32, 7).toString('base64');
/** The domain of the recorded lookups. */
export const DOMAIN = 'pbx.test';
const ROWS_PER_INSERT = 1_000;

export type Kind = 'MariaDB' | 'sqlite';

export interface Databases {
  kinds: Kind[];
  mariadbVersion: string;
  /** An empty database's DATABASE_URL. */
  create(kind: Kind): Promise<string>;
  stop(): Promise<void>;
}

/** Both databases, or sqlite alone where no MariaDB is to be had. */
export async function startDatabases(): Promise<Databases> {
  const folder = mkdtempSync(join(tmpdir(), 'dialplane-bench-'));
  const own = process.env.TEST_DATABASE_URL ? null : await startMariadb();
  const server = process.env.TEST_DATABASE_URL ?? own?.url;
  const names: string[] = [];
  const create = async (kind: Kind): Promise<string> => {
    const name = `dialplane_bench_${process.pid}_${names.length}`;
    if (kind === 'sqlite' || !server) return `sqlite:${join(mkdtempSync(join(folder, 'sqlite-')), 'db')}`;
    names.push(name);
    await query(server, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    return Object.assign(new URL(server), { pathname: name }).href;
  };
  return {
    kinds: server ? ['MariaDB', 'sqlite'] : ['sqlite'],
    mariadbVersion: server
      ? String((await query(server, 'SELECT VERSION() AS version'))[0]?.version)
      : 'none',
    create,
    stop: async () => {
      rmSync(folder, { recursive: true, force: true });
      if (own) await own.stop();
      else for (const name of names) await query(String(server), `DROP DATABASE ${name}`);
    },
  };
}

async function query(server: string, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection(server);
  const [rows] = await connection.query<RowDataPacket[]>(sql);
  await connection.end();
  return rows;
}

class BenchModule {}

/** Fills an empty database with one tenant. @returns its admin's token */
export async function seed(url: string, extensions: number): Promise<string> {
  const settings = readSettings({ APP_KEY, DATABASE_URL: url });
  const dataSource = await createDataSource(settings).initialize();
  await migrate(dataSource);
  const secrets = new InstallationSecrets(Buffer.from(APP_KEY, 'base64'), '');
  const platform = PlatformModule.of({ settings, secrets, dataSource });
  const imports = [platform, TenantsModule, CallerIdsModule, TokensModule];
  const services = await NestFactory.createApplicationContext(
    { module: BenchModule, imports },
    { logger: false },
  );
  const account = { name: 'Bench', domain: DOMAIN, maxExtensions: null };
  const tenant = await services.get(TenantsService).create(account, SYSTEM);
  const given = {
    number: '0901234567',
    displayName: 'Bench',
    carrier: 'mobifone',
    cliType: 'mobile',
  } as const;
  const callerId = await services.get(CallerIdsService).create(tenant, given, SYSTEM);
  await insertExtensions(dataSource, extensions, tenant.id, callerId.id);
  const row = { tenantId: tenant.id, name: 'bench', role: 'admin', expiresAt: null } as const;
  const { token } = await services.get(TokenStore).create(row, SYSTEM);
  await services.close();
  await dataSource.destroy();
  return token;
}

async function insertExtensions(
  dataSource: DataSource,
  count: number,
  tenantId: number,
  callerId: number,
): Promise<void> {
  const credentials = new SipCredentials(new SealedBox(Buffer.from(APP_KEY, 'base64')));
  const times = { createdAt: now(), updatedAt: now(), deletedAt: null };
  const extension = (index: number): Partial<Extension> => {
    const number = numberAt(index);
    const { sealedA1 } = credentials.make({ tenantId, number, realm: DOMAIN }, `password-${number}`);
    return {
      ...{
        tenantId,
        extensionNumber: number,
        liveNumber: number,
        mailbox: number,
        liveSince: times.createdAt,
        a1: sealedA1,
        ...times,
      },
      ...{ displayName: `Desk ${number}`, outboundCallerIdId: callerId },
    };
  };
  await dataSource.transaction(async (manager) => {
    for (let first = 0; first < count; first += ROWS_PER_INSERT) {
      const length = Math.min(ROWS_PER_INSERT, count - first);
      const rows = Array.from({ length }, (_, index) => extension(first + index));
      await manager.createQueryBuilder().insert().into(Extension).values(rows).updateEntity(false).execute();
    }
  });
}
