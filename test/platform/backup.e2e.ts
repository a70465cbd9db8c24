import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type DataSource } from 'typeorm';
import { fingerprintOf } from '../../src/platform/backups/backup-file';
import { withSnapshot } from '../../src/platform/backups/snapshot';
import { readSettings } from '../../src/platform/config/settings';
import { createDataSource } from '../../src/platform/database/data-source';
import { knownMigrations, migrate, runMigrations } from '../../src/platform/database/migrate';
import { AuditEntry } from '../../src/schema/audit-entry.entity';
import { Extension } from '../../src/schema/extension.entity';
import { Tenant } from '../../src/schema/tenant.entity';
import { CommandLine, type Outcome } from '../harness/command-line';
import { APP_KEY, Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach, type Lane, mariadbLane, sqliteLane, type TestDatabase } from '../harness/lanes';

const KEY = fingerprintOf(Buffer.from(APP_KEY, 'base64'));

const LANES: Lane[] = [sqliteLane, ...(process.env.TEST_DATABASE_URL ? [mariadbLane()] : [])];

async function connected(url: string): Promise<DataSource> {
  return createDataSource(readSettings({ APP_KEY, DATABASE_URL: url })).initialize();
}

/** All that is in a database, as Dialplane reads it, but for the last use of tokens, which is written at leisure. */
async function contentsOf(dataSource: DataSource): Promise<Record<string, string[]>> {
  const tables = dataSource.entityMetadatas.map(async ({ target, tableName }) => {
    const rows = await dataSource.getRepository(target).find({ loadEagerRelations: false });
    return [tableName, rows.map((row) => JSON.stringify(row, lasting)).sort()] as const;
  });
  return Object.fromEntries(await Promise.all(tables));
}

const lasting = (key: string, value: unknown): unknown => (key.startsWith('lastUsed') ? undefined : value);

describeOnEach('a backup', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let commandLine: CommandLine;
  let file: string;
  const empties: TestDatabase[] = [];

  beforeEach(async () => {
    dialplane = await Dialplane.start(lane);
    tenant = await dialplane.tenant();
    commandLine = new CommandLine({ APP_KEY, DATABASE_URL: dialplane.database.url });
    file = join(commandLine.folder, 'a.backup');
  });
  afterEach(async () => {
    await commandLine.stop();
    await dialplane.stop();
    for (const database of empties.splice(0)) await database.drop();
  });

  const create = (extension_number: string, more: object = {}) =>
    dialplane.api(tenant.token, 'POST', '/extensions', { extension_number, ...more });
  const empty = async (into: Lane): Promise<TestDatabase> => {
    const database = await into.create();
    empties.push(database);
    return database;
  };
  const restore = (url: string, environment = {}): Promise<Outcome> =>
    commandLine.run(['restore', file], { DATABASE_URL: url, ...environment });
  const backup = async (): Promise<void> => {
    expect(await commandLine.execute(['backup', file])).toMatchObject({ code: 0, stderr: '' });
  };

  it.each(LANES)('comes back on $name as it was', async (into) => {
    for (const number of ['1001', '1002', '1003']) {
      await create(number, { display_name: `Trần "${number}" 🎧 \\' \\\\`, voicemail_pin: '471100' });
    }
    await dialplane.api(tenant.token, 'DELETE', '/extensions/1003');
    await dialplane.tenant();
    const before = await contentsOf(dialplane.dataSource);
    await backup();
    const { url } = await empty(into);
    const restored = await restore(url);
    expect([restored.code, restored.stderr]).toEqual([0, '']);
    expect(restored.stdout).toMatch(/^Restored \d+ tables, \d+ rows, as they were at \d{4}-/);
    const dataSource = await connected(url);
    expect(await contentsOf(dataSource)).toEqual(before);
    expect(await migrate(dataSource)).toEqual([]);
    await dataSource.destroy();
    const verified = await commandLine.run(['audit', 'verify'], { DATABASE_URL: url });
    expect([verified.code, verified.stderr]).toEqual([0, '']);
  });

  it.each(LANES)('restored on $name gives no id a second time', async (into) => {
    const { manager } = dialplane.dataSource;
    const last = await manager.save(
      manager.create(Tenant, { name: 'x', domain: 'x.test', createdAt: new Date(0), updatedAt: new Date(0) }),
    );
    await manager.delete(Tenant, { id: last.id });
    await backup();
    const { url } = await empty(into);
    await restore(url);
    const args = ['tenant', 'create', '--name', 'y', '--domain', 'y.test', '--json'];
    const made = await commandLine.run(args, { DATABASE_URL: url });
    expect(JSON.parse(made.stdout)).toMatchObject({ id: last.id + 1 });
  });

  it('is of one moment, while changes go on', async () => {
    await create('1000');
    let running = true;
    let made = 0;
    const writing = [1, 2].map(async (writer) => {
      while (running) {
        const answer = await create(`${writer}${String(++made).padStart(5, '0')}`);
        expect(answer.status).toBe(201);
      }
    });
    await backup();
    running = false;
    await Promise.all(writing);
    const { url } = await empty(sqliteLane);
    expect((await restore(url)).code).toBe(0);
    const dataSource = await connected(url);
    const extensions = await dataSource.manager.count(Extension);
    const deeds = await dataSource.manager.countBy(AuditEntry, { resourceType: 'extension' });
    await dataSource.destroy();
    expect(extensions).toBe(deeds);
    expect(extensions).toBeGreaterThan(1);
    expect(extensions).toBeLessThan(made + 1);
    expect((await commandLine.run(['audit', 'verify'], { DATABASE_URL: url })).code).toBe(0);
  });

  it('says what is in it and which key opens it, is for its owner only, and takes no place of a file', async () => {
    const outcome = await commandLine.run(['backup', file]);
    expect(outcome.stdout).toMatch(/: \d+ tables, \d+ rows, \d+ bytes, read back and checked\n/);
    expect(outcome.stdout).toContain(`you need the key ${KEY}, which is in APP_KEY and not in the backup`);
    expect(outcome.stdout).toContain('Not in the backup: the settings');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const written = readFileSync(file);
    expect(gunzipSync(written).includes(APP_KEY)).toBe(false);
    const again = await commandLine.run(['backup', file]);
    expect(again).toEqual({
      code: 1,
      stdout: '',
      stderr: `${file} is there already, and is left as it is.\n`,
    });
    expect(readFileSync(file).equals(written)).toBe(true);
    expect(readdirSync(commandLine.folder)).toEqual(['a.backup']);
    const nowhere = await commandLine.run(['backup', join(commandLine.folder, 'no', 'folder')]);
    expect([nowhere.code, nowhere.stdout]).toEqual([1, '']);
  });

  it('is restored neither over what is there, nor without its key', async () => {
    await create('1001');
    await backup();
    const before = await contentsOf(dialplane.dataSource);
    const over = await restore(dialplane.database.url);
    expect([over.code, over.stdout]).toEqual([1, '']);
    expect(over.stderr).toMatch(
      /^DATABASE_URL names a database that is not empty, and nothing was changed: /,
    );
    expect(await contentsOf(dialplane.dataSource)).toEqual(before);

    const { url } = await empty(lane);
    const other = Buffer.alloc(32, 8);
    const wrong = await restore(url, { APP_KEY: other.toString('base64') });
    const sentence = `APP_KEY is the key ${fingerprintOf(other)}, but ${file} was written with the key ${KEY}\n`;
    expect(wrong).toEqual({ code: 1, stdout: '', stderr: sentence });
    const dataSource = await connected(url);
    expect(await dataSource.createQueryRunner().hasTable('tenants')).toBe(false);
    await dataSource.destroy();
  });

  it('that cannot be loaded leaves the database empty', async () => {
    await create('1001');
    await backup();
    const lines = gunzipSync(readFileSync(file)).toString().split('\n').slice(0, -2);
    const place = lines.findIndex((line) => line.startsWith('{"table":"tenants"'));
    lines.splice(place + 1, 0, lines[place + 1]!);
    forge(file, lines);
    const { url } = await empty(lane);
    const outcome = await restore(url);
    expect([outcome.code, outcome.stdout]).toEqual([1, '']);
    const dataSource = await connected(url);
    expect(await dataSource.createQueryRunner().hasTable('tenants')).toBe(false);
    await dataSource.destroy();
  });

  it('of a schema of before is restored, and brought up to date', async () => {
    const old = await empty(lane);
    const before = await connected(old.url);
    const names = knownMigrations(before);
    await runMigrations(before, 'each', names.slice(0, -1));
    await before.destroy();
    await commandLine.run(['backup', file], { DATABASE_URL: old.url });
    const { url } = await empty(lane);
    const restored = await restore(url);
    expect([restored.code, restored.stdout]).toEqual([
      0,
      expect.stringContaining(`Applied ${names.at(-1)}\n`),
    ]);
  });
});

(process.env.TEST_DATABASE_URL ? describe : describe.skip)('a snapshot of a server', () => {
  it('outlasts a disk that takes nothing for seconds', async () => {
    const database = await mariadbLane().create();
    const dataSource = await connected(database.url);
    await dataSource.query('CREATE TABLE large (content mediumtext) AS SELECT "" AS content');
    const fill = "INSERT INTO large SELECT REPEAT('x', 1000000) FROM seq_1_to_40";
    await dataSource.query(fill);
    let rows = 0;
    await withSnapshot(dataSource, async ({ parts }) => {
      for await (const part of parts) {
        if (!Array.isArray(part)) continue;
        // Longer than a database may say nothing to a request.
        if (++rows === 1) await setTimeout(3_500);
      }
    });
    expect(rows).toBe(41);
    await dataSource.destroy();
    await database.drop();
  });

  it('fails when its connection is lost', async () => {
    const database = await mariadbLane().create();
    const [dataSource, other] = [await connected(database.url), await connected(database.url)];
    await dataSource.query("CREATE TABLE large AS SELECT REPEAT('x', 1000000) AS content FROM seq_1_to_40");
    const lost = withSnapshot(dataSource, async ({ parts }) => {
      for await (const part of parts) if (Array.isArray(part)) await endOthers(other);
    });
    await expect(lost).rejects.toThrow();
    await dataSource.destroy();
    await other.destroy();
    await database.drop();
  });
});

/** Ends all connections to the same database but the own one. */
async function endOthers(dataSource: DataSource): Promise<void> {
  const sql = 'SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()';
  for (const { id } of await dataSource.query<{ id: number }[]>(sql)) {
    await dataSource.query(`KILL ${id}`).catch(() => undefined);
  }
}

/** Lines with a digest that fits. */
function forge(file: string, lines: string[]): void {
  const text = `${lines.join('\n')}\n`;
  const sha256 = createHash('sha256').update(text).digest('hex');
  writeFileSync(file, gzipSync(`${text}${JSON.stringify({ sha256 })}\n`));
}
