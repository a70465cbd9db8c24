import { readdirSync } from 'node:fs';
import { AuditEntry } from '../../src/schema/audit-entry.entity';
import { type DataSource } from 'typeorm';
import { readSettings } from '../../src/platform/config/settings';
import { createDataSource } from '../../src/platform/database/data-source';
import { auditOf, verifyAudit } from '../harness/audit';
import { CommandLine } from '../harness/command-line';
import { APP_KEY } from '../harness/dialplane';
import { describeOnEach, type TestDatabase } from '../harness/lanes';
import { ask, operator } from '../harness/people';
import { Site } from '../harness/site';

describeOnEach('the check of the audit', (lane) => {
  let site: Site;

  beforeEach(async () => {
    site = await Site.start(lane);
  });
  afterEach(() => site.stop());

  const audit = (query?: string) => auditOf(site, query);
  const verify = () => verifyAudit(site.dialplane.database.url);
  /** What the check says of a chain that was tampered with. */
  const tampering = async (): Promise<string> => {
    const { code, stdout } = await verify();
    expect(code).toBe(1);
    return stdout;
  };
  const query = (sql: string): Promise<unknown> => site.dialplane.dataSource.query(sql);

  it('is a chain in which a changed, a removed, an added and a cut-off entry are found', async () => {
    for (const number of ['1001', '1002', '1003']) await site.create(number);
    const { data } = await audit('?resource_type=extension');
    const [last, middle] = [data[0]!.seq, data[1]!.seq];
    const mine = `tenant_id = ${site.tenant.tenant.id}`;
    expect(await verify()).toMatchObject({ code: 0, stderr: '' });
    await query(`UPDATE audit_entries SET resource = '9999' WHERE ${mine} AND seq = ${middle}`);
    expect(await tampering()).toContain(`entry ${middle} was changed`);
    await query(`UPDATE audit_entries SET resource = '1002' WHERE ${mine} AND seq = ${middle}`);
    expect(await verify()).toMatchObject({ code: 0 });
    await query(`UPDATE audit_entries SET seq = 1000 WHERE ${mine} AND seq = ${middle}`);
    expect(await tampering()).toContain(`entry ${middle} is missing`);
    await query(`UPDATE audit_entries SET seq = ${middle} WHERE ${mine} AND seq = 1000`);
    await query(`UPDATE audit_entries SET seq = 1000 WHERE ${mine} AND seq = ${last}`);
    expect(await tampering()).toContain(`entry ${last} is missing`);
    await query(`DELETE FROM audit_entries WHERE ${mine} AND seq = 1000`);
    await query(`UPDATE audit_chains SET last_seq = ${middle}, last_hash = '${data[1]!.hash}' WHERE ${mine}`);
    expect(await tampering()).toContain('the record of its ends was changed');
  });

  it('is a chain before which nothing is added, unseen', async () => {
    const columns = [
      'at',
      'actor_kind',
      'actor_name',
      'action',
      'resource_type',
      'resource',
      'changes',
      'hash',
    ];
    const mine = `tenant_id = ${site.tenant.tenant.id}`;
    await query(
      `INSERT INTO audit_entries (tenant_id, seq, ${columns.join()})
       SELECT tenant_id, 0, ${columns.join()} FROM audit_entries WHERE ${mine} AND seq = 1`,
    );
    expect(await tampering()).toContain('what comes before entry 1 was added');
  });

  it('is a chain in which a time that is written otherwise is found', async () => {
    // Other databases know a time from a text.
    if (lane.name !== 'sqlite') return;
    const mine = `tenant_id = ${site.tenant.tenant.id}`;
    await query(`UPDATE audit_entries SET at = replace(at, ' ', 'T') || 'Z' WHERE ${mine} AND seq = 1`);
    expect(await tampering()).toContain('entry 1 was changed');
  });

  it('is found good also while more is written', async () => {
    let over = false;
    const writer = (async () => {
      for (let turn = 0; !over; turn++) await site.api('POST', '/1001/change-password', {});
    })();
    await site.create('1001');
    for (let turn = 0; turn < 3; turn++) expect(await verify()).toMatchObject({ code: 0, stderr: '' });
    over = true;
    await writer;
    // Each check is a program of its own.
  });

  it.each(['a tenant', 'the platform'])(
    'misses the chain of %s, removed as a whole, for good',
    async (whose) => {
      await site.create('1001');
      const id = whose === 'a tenant' ? site.tenant.tenant.id : 0;
      for (const table of ['audit_entries', 'audit_chains'])
        await query(`DELETE FROM ${table} WHERE tenant_id = ${id}`);
      expect(await tampering()).toContain(': the record of its ends is missing');
      await site.create('1002');
      // A program that starts anew must not take the chain for one that never was.
      const another = new CommandLine({ APP_KEY, DATABASE_URL: site.dialplane.database.url });
      const made = await another.run(['operator', 'create', '--username', 'root.op']);
      expect(made).toMatchObject({ code: 0, stderr: '' });
      await another.stop();
      expect(await tampering()).toMatch(/: (entry 1|the record of its ends) is missing/);
    },
  );

  it('misses a tenant that was removed with all that was told of it', async () => {
    const other = await site.dialplane.tenant({ domain: 'gone.test' });
    const id = other.tenant.id;
    expect(await verify()).toMatchObject({ code: 0 });
    for (const table of ['audit_entries', 'audit_chains', 'api_tokens'])
      await query(`DELETE FROM ${table} WHERE tenant_id = ${id}`);
    await query(`DELETE FROM tenants WHERE id = ${id}`);
    expect(await tampering()).toContain(': the record of its ends is missing');
  });

  it('goes on after the record of its ends was removed, and tells', async () => {
    await query('DELETE FROM audit_chains');
    await site.create('1001');
    expect(await tampering()).toMatch(/pbx\.test: entry \d+ is missing/);
  });

  it('of a deleted tenant leaves a trace in the platform’s own', async () => {
    const token = await operator(site.dialplane);
    const other = await site.dialplane.tenant({ domain: 'gone.test' });
    await ask(site.dialplane, token, 'DELETE', `/platform/tenants/${other.tenant.id}`);
    const { manager } = site.dialplane.dataSource;
    const deed = { action: 'deleted', resourceType: 'tenant', resource: 'gone.test' } as const;
    const found = await manager.find(AuditEntry, { where: deed, order: { tenantId: 'ASC' } });
    expect(found.map(({ tenantId, actorName }) => [tenantId, actorName])).toEqual([
      [0, 'root.op'],
      [other.tenant.id, 'root.op'],
    ]);
    expect(await verify()).toMatchObject({ code: 0 });
    for (const table of ['audit_entries', 'audit_chains'])
      await query(`DELETE FROM ${table} WHERE tenant_id = ${other.tenant.id}`);
    expect(await tampering()).toContain(': the record of its ends is missing');
  });
});

describeOnEach('the audit of a database that is older', (lane) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let commandLine: CommandLine;

  beforeEach(async () => {
    database = await lane.create();
    const settings = readSettings({ DATABASE_URL: database.url, APP_KEY });
    dataSource = await createDataSource(settings).initialize();
    commandLine = new CommandLine({ APP_KEY, DATABASE_URL: database.url });
    const names = (await dataSource.runMigrations()).map(({ name }) => name);
    for (let left = names.length; left > names.indexOf('Audit1764000100000'); left--)
      await dataSource.undoLastMigration();
    const columns = 'name, domain, created_at, updated_at';
    await dataSource.query(
      `INSERT INTO tenants (${columns}) VALUES ('a', 'a.test', '2026-01-01 00:00:00', '2026-01-01 00:00:00')`,
    );
  });
  afterEach(async () => {
    await commandLine.stop();
    await dataSource.destroy();
    await database.drop();
  });

  const BEGUN = { code: 0, stdout: 'ok    platform: 0 entries\nok    a.test: 0 entries\n' };
  const verify = () => commandLine.run(['audit', 'verify']);

  it('has a chain for everyone from then on, and makes none twice', async () => {
    expect((await commandLine.run(['migrate'])).stdout).toContain('Audit1764000100000');
    expect(await verify()).toMatchObject(BEGUN);
    await commandLine.run(['token', 'create', '--tenant', 'a.test', '--name', 'CRM']);
    await dataSource.query('DELETE FROM audit_chains');
    await commandLine.run(['migrate']);
    expect(await verify()).toMatchObject({
      code: 1,
      stdout:
        'FAIL  platform: the record of its ends is missing\nFAIL  a.test: the record of its ends is missing\n',
    });
  });

  it('has them also when the upgrade was interrupted', async () => {
    await dataSource.runMigrations();
    expect((await verify()).code).toBe(1);
    expect((await commandLine.run(['migrate'])).stdout).toBe('Nothing to apply.\n');
    expect(await verify()).toMatchObject(BEGUN);
  });
});

describe('the check of the audit of nothing', () => {
  it('makes no database that is not there', async () => {
    const commandLine = new CommandLine({ APP_KEY, DATABASE_URL: 'sqlite:./none.db' });
    expect(await commandLine.run(['audit', 'verify'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'DATABASE_URL names a database that does not exist\n',
    });
    expect(readdirSync(commandLine.folder)).toEqual([]);
    await commandLine.stop();
  });
});
