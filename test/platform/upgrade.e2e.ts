import { DataSource } from 'typeorm';
import { readSettings } from '../../src/platform/config/settings';
import { createDataSource } from '../../src/platform/database/data-source';
import { migrate } from '../../src/platform/database/migrate';
import { tablesOf } from '../../src/platform/backups/tables';
import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { type AuditList, verifyAudit } from '../harness/audit';
import { APP_KEY, Dialplane, XML_CURL_PASSWORD } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { type Row } from '../harness/older-audit';
import { fillOld, IMPORT_ERRORS, migrateToOld, OLD } from '../harness/older-installation';
import { describeOnEach, type TestDatabase } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';
import { type Receipt } from '../harness/site';

type Tables = Map<string, Row[]>;

describeOnEach('an upgrade of an installation from before the log of events', (lane) => {
  let fs1: FakeFreeSwitch;
  let database: TestDatabase;
  let dataSource: DataSource;
  let newer: number;

  beforeEach(async () => {
    fs1 = await FakeFreeSwitch.start({
      name: 'fs1',
      directoryAuth: { username: 'freeswitch', password: XML_CURL_PASSWORD },
    });
    database = await lane.create();
    dataSource = await createDataSource(readSettings({ DATABASE_URL: database.url, APP_KEY })).initialize();
    newer = await migrateToOld(dataSource);
    const { hostname, port, password } = new URL(fs1.address);
    await fillOld(dataSource, { fs1: { host: hostname, port: Number(port), password } });
  });
  afterEach(async () => {
    await dataSource.destroy();
    await fs1.stop();
    await database.drop();
  });

  /** Every row of every table, as the database gives it, in an order of its own. */
  const rows = async (): Promise<Tables> => {
    const runner = dataSource.createQueryRunner();
    const found: Tables = new Map();
    try {
      for (const table of await tablesOf(runner)) {
        const all = (await runner.query(`SELECT * FROM ${table}`)) as Row[];
        const sorted = all.map((row) => JSON.stringify(row)).sort();
        found.set(
          table,
          sorted.map((row) => JSON.parse(row) as Row),
        );
      }
    } finally {
      await runner.release();
    }
    return found;
  };

  /** The same rows without the columns and tables that an older schema did not have. */
  const asBefore = (after: Tables, before: Tables): Tables =>
    new Map(
      [...before].map(([table, old]) => {
        const columns = Object.keys(old[0] ?? {});
        const kept = (after.get(table) ?? []).map((row) =>
          Object.fromEntries(columns.map((name) => [name, row[name] ?? null])),
        );
        return [table, kept];
      }),
    );

  const undo = async (): Promise<void> => {
    if (lane.name === 'sqlite') await dataSource.query('PRAGMA foreign_keys = OFF');
    for (let left = newer; left > 0; left--) await dataSource.undoLastMigration();
  };

  it('keeps every row, there and back and there again', async () => {
    const before = await rows();
    expect([...before].filter(([, all]) => all.length === 0)).toEqual([]);
    expect(await migrate(dataSource)).toHaveLength(newer);
    const after = await rows();
    expect(asBefore(after, before)).toEqual(before);
    await undo();
    expect(await rows()).toEqual(before);
    await migrate(dataSource);
    expect(await rows()).toEqual(after);
  });

  describe('once it is started', () => {
    let dialplane: Dialplane;
    let api: <T>(method: string, path: string, body?: unknown) => ReturnType<typeof dialplane.api<T>>;

    beforeEach(async () => {
      dialplane = await Dialplane.start(lane, {}, database);
      fs1.directoryUrl = `${dialplane.url}/freeswitch/directory`;
      api = (method, path, body) => dialplane.api(OLD.token, method, path, body);
    });
    afterEach(() => dialplane.stop({ keepDatabase: true }));

    it('verifies every audit chain, goes on with it, and answers it as before', async () => {
      const ok = 'ok    platform: 3 entries\nok    acme.test: 5 entries\nok    beta.test: 1 entries\n';
      expect(await verifyAudit(database.url)).toMatchObject({ code: 0, stdout: ok });
      const [stored] = await dataSource.query<{ hash: string }[]>(
        'SELECT hash FROM audit_entries WHERE tenant_id = 1 ORDER BY seq DESC',
      );
      const { body } = await api<AuditList>('GET', '/audit');
      expect(body.data.map(({ seq, action, resource }) => [seq, action, resource])).toEqual([
        [7, 'updated', '0900000020'],
        [6, 'password_changed', '1001'],
        [5, 'updated', '1002'],
        [4, 'deleted', '1003'],
        [3, 'created', 'Bán hàng'],
      ]);
      expect(body.data[0]?.hash).toBe(stored?.hash);
      expect(body.data[3]?.freeswitch).toMatchObject({ nodes: [{ node: 'fs1', status: 'verified' }] });
      await api('POST', '/extensions', { extension_number: '1005' });
      const { stdout } = await verifyAudit(database.url);
      expect(stdout).toContain('ok    acme.test: 6 entries\n');
    });

    it('answers lookups with the passwords of before', async () => {
      const lookup = async (user: string, domain = OLD.domain): Promise<string> =>
        (await dialplane.lookupUser(user, domain)).text;
      for (const [number, password] of Object.entries(OLD.sipPasswords)) {
        const isLive = number === '1001' || number === '1004';
        const registered = await fs1.register({ user: number, domain: OLD.domain, password });
        expect([number, registered.status === 200]).toEqual([number, isLive]);
      }
      const found = await lookup('1001');
      for (const part of ['L&#x1EC5; t&#xE2;n', '0900000020', '1001-1@acme.test'])
        expect(found).toContain(part);
      expect(await lookup('1001-1')).toContain(OLD.pin);
      expect(await lookup('1001', 'beta.test')).not.toContain('a1-hash');
    });

    it('carries out what was pending, and keeps what was done', async () => {
      await nodeReady(dialplane, 'fs1');
      const receipts = async (number: string): Promise<Receipt[]> =>
        (await api<{ data: Receipt[] }>('GET', `/extensions/${number}/revocations`)).body.data;
      const [done] = await receipts('1003');
      expect(done).toMatchObject({ reason: 'deleted', status: 'done', mailbox: 'delete' });
      expect(done?.nodes).toMatchObject([
        { node: 'fs1', dropped_contacts: 2, deleted_messages: 3, attempts: 2 },
      ]);
      for (const [number, reason] of [
        ['1002', 'disabled'],
        ['1001', 'changed'],
      ] as const) {
        await eventually(async () => {
          const [receipt] = await receipts(number);
          expect(receipt?.reason).toBe(reason);
          return receipt?.nodes.find(({ node }) => node === 'fs1')?.status === 'verified';
        });
      }
      expect(fs1.commands.some((command) => command.includes('flush_inbound_reg'))).toBe(true);
    });

    it('lets in who could get in before, and nobody else', async () => {
      expect((await api('GET', '/extensions/1001')).status).toBe(200);
      expect((await dialplane.api(OLD.revokedToken, 'GET', '/extensions')).status).toBe(401);
      const login = await dialplane.request('POST', '/api/auth/login', {
        headers: { 'Content-Type': 'application/json; charset=utf-8' },
        body: JSON.stringify({ username: OLD.username, password: OLD.password }),
      });
      expect(login.status).toBe(200);
      const operators = await dialplane.request('GET', '/api/platform/tenants', {
        headers: { Authorization: `Bearer ${OLD.operatorToken}` },
      });
      expect(operators.status).toBe(200);
    });

    it('repeats an answer, restores an extension, and knows the imports of before', async () => {
      const { key, body, answer } = OLD.idempotency;
      const repeated = await dialplane.request('POST', '/api/pbx/extensions', {
        headers: {
          Authorization: `Bearer ${OLD.token}`,
          'Content-Type': 'application/json; charset=utf-8',
          'Idempotency-Key': key,
        },
        body: JSON.stringify(body),
      });
      expect([repeated.status, repeated.body]).toEqual([201, answer]);
      expect((await api('POST', '/extensions/1003/restore')).status).toBe(200);
      const refused = await api<{ data: object }>('GET', '/extensions/imports/2');
      expect(refused.body.data).toMatchObject({ status: 'failed', failed: 1, errors: IMPORT_ERRORS });
      const passwords = await api('GET', '/extensions/imports/1/passwords');
      expect(passwords.text).toContain(OLD.importPasswords);
    });
  });
});
