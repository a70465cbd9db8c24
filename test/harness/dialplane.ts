import { type AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { type Type } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type DataSource } from 'typeorm';
import { SYSTEM } from '../../src/core/actor';
import { auditKey } from '../../src/events/audit/chain';
import { initializeChains } from '../../src/events/audit/initialize-chains';
import { createApp } from '../../src/app';
import { type Role } from '../../src/core/roles';
import { TokenStore } from '../../src/accounts/tokens/token-store';
import { createLogger } from '../../src/platform/logging';
import { InstallationSecrets } from '../../src/platform/config/secret-files';
import { readSettings } from '../../src/platform/config/settings';
import { createDataSource } from '../../src/platform/database/data-source';
import { migrate } from '../../src/platform/database/migrate';
import { type Tenant } from '../../src/schema/tenant.entity';
import { TenantsService } from '../../src/accounts/tenants/tenants.service';
import { APP_KEY } from './keys';
import { type Lane, type TestDatabase } from './lanes';
import { PATIENCE_MS } from './patience';

export { APP_KEY };
export const XML_CURL_PASSWORD = 'directory-password';
/** Tests send many requests; those of the limits set their own. */
const UNLIMITED = {
  RATE_LIMIT_PBX: '0',
  RATE_LIMIT_CLICK_TO_CALL: '0',
  RATE_LIMIT_LOGIN: '0',
  RATE_LIMIT_AUTH: '0',
};

export interface Answer<T> {
  status: number;
  headers: Headers;
  text: string;
  body: T;
}

let tenants = 0;

/** A tenant with a token of each role that a test asks for. */
export interface TestTenant {
  tenant: Tenant;
  token: string;
}

/** Dialplane, listening on a loopback port, with a database of its own. */
export class Dialplane {
  private constructor(
    readonly url: string,
    readonly dataSource: DataSource,
    readonly database: TestDatabase,
    readonly logLines: readonly string[],
    private readonly app: NestFastifyApplication,
  ) {}

  /**
   * @param environment settings beside the database, as in the environment
   * @param modules beside those of the server
   */
  static async start(
    lane: Lane,
    environment: Record<string, string> = {},
    database?: TestDatabase,
    modules: readonly Type[] = [],
  ): Promise<Dialplane> {
    const own = database ?? (await lane.createMigrated());
    const settings = readSettings({
      ...{ APP_KEY, XML_CURL_PASSWORD, DATABASE_URL: own.url },
      ...UNLIMITED,
      ...environment,
    });
    const secrets = new InstallationSecrets(Buffer.from(APP_KEY, 'base64'), XML_CURL_PASSWORD);
    const dataSource = await createDataSource(settings).initialize();
    await migrate(dataSource);
    await initializeChains(dataSource, auditKey(secrets.appKey));
    const lines: string[] = [];
    const sink = new Writable({
      write: (line, _encoding, done) => {
        lines.push(String(line));
        done();
      },
    });
    const logger = createLogger(Object.assign(settings, { LOG_LEVEL: 'trace', LOG_FORMAT: 'json' }), sink);
    const app = await createApp({ settings, secrets, dataSource }, logger, modules);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new Dialplane(`http://127.0.0.1:${port}`, dataSource, own, lines, app);
  }

  get<T>(token: new (...parameters: never[]) => T): T {
    return this.app.get(token);
  }

  /** Stops, and drops the database unless another is to go on with it. */
  async stop({ keepDatabase = false } = {}): Promise<void> {
    await this.app.close();
    await this.dataSource.destroy();
    if (!keepDatabase) await this.database.drop();
  }

  async tenant(
    given: { domain?: string; maxExtensions?: number; countryCode?: string; role?: Role } = {},
  ): Promise<TestTenant> {
    const { domain = `tenant${++tenants}.test`, maxExtensions = null, countryCode = '84' } = given;
    const row = { name: domain, domain, maxExtensions, countryCode };
    const tenant = await this.get(TenantsService).create(row, SYSTEM);
    return { tenant, token: await this.token(tenant, given.role ?? 'admin') };
  }

  async token(tenant: Tenant, role: Role, expiresAt: Date | null = null): Promise<string> {
    const row = { tenantId: tenant.id, name: role, role, expiresAt };
    return (await this.get(TokenStore).create(row, SYSTEM)).token;
  }

  /** One request to /api/pbx… with a JSON body, if there is one. */
  async api<T>(token: string, method: string, path: string, body?: unknown): Promise<Answer<T>> {
    return this.request<T>(method, `/api/pbx${path}`, {
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'Content-Type': 'application/json; charset=utf-8' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async request<T>(method: string, path: string, init: RequestInit = {}): Promise<Answer<T>> {
    const response = await fetch(this.url + path, {
      method,
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...init,
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') && text !== '';
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (json ? JSON.parse(text) : null) as T,
    };
  }

  /** A file of /api/pbx… to the byte: in an answer's text a byte order mark is lost. */
  async download(token: string, path: string): Promise<Buffer> {
    const response = await fetch(`${this.url}/api/pbx${path}`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return Buffer.from(await response.arrayBuffer());
  }

  /** What FreeSWITCH asks, as it asks. */
  lookup(form: Record<string, string>, password = XML_CURL_PASSWORD): Promise<Answer<null>> {
    return this.request('POST', '/freeswitch/directory', {
      headers: { Authorization: basic('freeswitch', password) },
      body: new URLSearchParams(form),
    });
  }

  lookupUser(user: string, domain: string): Promise<Answer<null>> {
    return this.lookup({ section: 'directory', tag_name: 'domain', key: 'id', user, domain });
  }
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
