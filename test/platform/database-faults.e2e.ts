import { type DataSource } from 'typeorm';
import { readSettings } from '../../src/platform/config/settings';
import { createDataSource } from '../../src/platform/database/data-source';
import { migrate } from '../../src/platform/database/migrate';
import { Transactions } from '../../src/platform/database/transactions';
import { isUnavailable, OutcomeUnknown } from '../../src/platform/database/unavailable';
import { Tenant } from '../../src/schema/tenant.entity';
import { APP_KEY } from '../harness/dialplane';
import { type EmbeddedFault, faultyDriver } from '../harness/faulty-driver';
import { mariadbLane, sqliteLane, type TestDatabase } from '../harness/lanes';
import { type Fault, MysqlProxy } from '../harness/mysql-proxy';

const at = new Date('2026-01-01T00:00:00Z');
const settingsOf = (url: string) => readSettings({ DATABASE_URL: url, APP_KEY });

class Undo extends Error {}

/** What a transaction that meets faults comes to, and what the database holds afterwards. */
class Subject {
  readonly transactions: Transactions;

  private constructor(
    readonly dataSource: DataSource,
    private readonly other: DataSource,
  ) {
    this.transactions = new Transactions(dataSource);
  }

  /** @param other is opened without faults, to see what is committed */
  static async open(dataSource: DataSource, other: DataSource): Promise<Subject> {
    await other.initialize();
    await migrate(other);
    return new Subject(await dataSource.initialize(), other);
  }

  /** One transaction that adds a tenant; `end` is what it does at last. */
  async add(domain: string, end: () => void = () => undefined): Promise<'committed' | 'refused' | 'undone'> {
    try {
      await this.transactions.run(async (manager) => {
        const row = { name: domain, domain, createdAt: at, updatedAt: at };
        await manager.save(Tenant, manager.create(Tenant, row));
        await manager.query('UPDATE tenants SET name = ? WHERE domain = ?', [`The ${domain}`, domain]);
        end();
      });
      return 'committed';
    } catch (error) {
      if (error instanceof Undo) return 'undone';
      if (!isUnavailable(error)) throw error;
      return 'refused';
    }
  }

  async stored(): Promise<string[]> {
    const tenants = await this.other.manager.find(Tenant, { order: { domain: 'ASC' } });
    expect(tenants.map(({ name }) => name)).toEqual(tenants.map(({ domain }) => `The ${domain}`));
    return tenants.map(({ domain }) => domain);
  }

  /** What is accepted after a fault is there for others, as is what was there before it, and nothing else. */
  async expectSound(...domains: string[]): Promise<void> {
    expect(await this.add('later.test')).toBe('committed');
    expect(await this.add('undone.test', undo)).toBe('undone');
    expect(await Promise.all([this.add('x.test'), this.add('y.test')])).toEqual(['committed', 'committed']);
    expect(await this.stored()).toEqual([...domains, 'later.test', 'x.test', 'y.test'].sort());
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
    await this.other.destroy();
  }
}

function undo(): void {
  throw new Undo();
}

describe('a transaction on sqlite', () => {
  let database: TestDatabase;
  let subject: Subject;
  const faults: EmbeddedFault[] = [];

  beforeEach(async () => {
    database = await sqliteLane.create();
    const settings = settingsOf(database.url);
    faults.length = 0;
    subject = await Subject.open(
      createDataSource(settings, faultyDriver(faults)),
      createDataSource(settings),
    );
    expect(await subject.add('first.test')).toBe('committed');
  });
  afterEach(async () => {
    expect(faults).toEqual([]);
    await subject.close();
    await database.drop();
  });

  const [BEGIN, INSERT, UPDATE] = [/^BEGIN/, /^INSERT INTO "tenants"/, /^UPDATE tenants/];
  const [COMMIT, ROLLBACK] = [/^COMMIT/, /^ROLLBACK/];
  const failing = [
    'SQLITE_FULL',
    'SQLITE_IOERR_WRITE',
    'SQLITE_IOERR_FSYNC',
    'SQLITE_NOMEM',
    'SQLITE_READONLY',
  ];

  it.each(failing)('whose BEGIN fails (%s) is refused', async (code) => {
    faults.push({ sql: BEGIN, code });
    expect(await subject.add('faulty.test')).toBe('refused');
    await subject.expectSound('first.test');
  });

  it.each(failing)('whose COMMIT fails (%s) is refused, whether or not SQLite rolls back', async (code) => {
    for (const rollsBack of [true, false]) {
      faults.push({ sql: COMMIT, code, rollsBack });
      expect(await subject.add('faulty.test')).toBe('refused');
      faults.push({ sql: COMMIT, code, rollsBack });
      expect(await subject.add('faulty.test')).toBe('refused');
    }
    await subject.expectSound('first.test');
  });

  it.each(failing)(
    'of which a statement fails (%s) is refused, whether or not SQLite rolls back',
    async (code) => {
      for (const sql of [INSERT, UPDATE]) {
        for (const rollsBack of [true, false]) {
          faults.push({ sql, code, rollsBack });
          expect(await subject.add('faulty.test')).toBe('refused');
        }
      }
      await subject.expectSound('first.test');
    },
  );

  it('whose ROLLBACK fails, be it again and again, is rolled back before the next begins', async () => {
    const outcomes = [
      [1, 'committed'],
      [2, 'committed'],
      [3, 'refused'],
      [0, 'committed'],
    ] as const;
    for (const [often, next] of outcomes) {
      faults.push(...Array.from({ length: often }, () => ({ sql: ROLLBACK, code: 'SQLITE_IOERR' })));
      expect(await subject.add('undone.test', undo)).toBe('undone');
      expect(await subject.add(`after${often}.test`)).toBe(next);
    }
    faults.push({ sql: COMMIT, code: 'SQLITE_FULL' }, { sql: ROLLBACK, code: 'SQLITE_NOMEM' });
    expect(await subject.add('faulty.test')).toBe('refused');
    await subject.expectSound('after0.test', 'after1.test', 'after2.test', 'first.test');
  });

  it('whose BEGIN or COMMIT meets a lock is tried again, and is there once', async () => {
    for (const sql of [BEGIN, COMMIT])
      faults.push({ sql, code: 'SQLITE_BUSY' }, { sql, code: 'SQLITE_BUSY' });
    expect(await subject.add('faulty.test')).toBe('committed');
    await subject.expectSound('faulty.test', 'first.test');
  });

  it('of which a statement failed commits nothing more, though its error was caught', async () => {
    faults.push({ sql: UPDATE, code: 'SQLITE_FULL', rollsBack: true });
    const running = subject.transactions.run(async (manager) => {
      await manager.query("UPDATE tenants SET name = 'lost'").catch(() => undefined);
      await manager.query("UPDATE tenants SET name = 'alone'").catch(() => undefined);
    });
    await expect(running).rejects.toThrow('injected');
    await subject.expectSound('first.test');
  });
});

const describeMariadb = process.env.TEST_DATABASE_URL ? describe : describe.skip;

describeMariadb('a transaction on MariaDB', () => {
  let database: TestDatabase;
  let proxy: MysqlProxy;
  let subject: Subject;

  beforeEach(async () => {
    database = await mariadbLane().create();
    proxy = await MysqlProxy.start(database.url);
    const [through, beside] = [proxy.url, database.url].map((url) => createDataSource(settingsOf(url)));
    if (!through || !beside) throw new Error('two data sources');
    subject = await Subject.open(through, beside);
    expect(await subject.add('first.test')).toBe('committed');
  });
  afterEach(async () => {
    expect(proxy.left).toBe(0);
    await subject.close();
    await proxy.stop();
    await database.drop();
  });

  const [BEGIN, INSERT, UPDATE] = [/^START TRANSACTION/, /^INSERT INTO `tenants`/, /^UPDATE tenants/];
  const [COMMIT, ROLLBACK] = [/^COMMIT/, /^ROLLBACK/];
  const DEADLOCK: Fault = { errno: 1213, message: 'Deadlock found when trying to get lock' };
  const FULL: Fault = { errno: 1021, message: 'Disk full' };
  const NO_QUORUM: Fault = { errno: 1047, message: 'WSREP has not yet prepared node for application use' };
  const failing: [string, Fault][] = [
    ['a full disk', FULL],
    ['a node without its cluster', NO_QUORUM],
    ['a lost connection', 'lost before'],
  ];

  it.each(failing)('is refused when a statement of it fails for %s', async (_, fault) => {
    for (const sql of [BEGIN, INSERT, UPDATE, COMMIT]) {
      proxy.fail(sql, fault);
      expect(await subject.add('faulty.test')).toBe('refused');
    }
    await subject.expectSound('first.test');
  });

  it.each(failing)('leaves nothing behind when its ROLLBACK fails for %s', async (_, fault) => {
    proxy.fail(ROLLBACK, fault);
    expect(await subject.add('undone.test', undo)).toBe('undone');
    proxy.fail(COMMIT, FULL);
    proxy.fail(ROLLBACK, fault);
    expect(await subject.add('faulty.test')).toBe('refused');
    await subject.expectSound('first.test');
  });

  it('is refused, though it may stand, when the answer to its COMMIT is lost', async () => {
    proxy.fail(COMMIT, 'lost after');
    const row = { name: 'The faulty.test', domain: 'faulty.test', createdAt: at, updatedAt: at };
    const running = subject.transactions.run((manager) => manager.save(Tenant, manager.create(Tenant, row)));
    await expect(running).rejects.toThrow(OutcomeUnknown);
    await subject.expectSound('faulty.test', 'first.test');
  });

  it('is tried again after a deadlock at any statement, and is there once', async () => {
    for (const sql of [BEGIN, INSERT, UPDATE, COMMIT, COMMIT]) proxy.fail(sql, DEADLOCK);
    expect(await subject.add('faulty.test')).toBe('committed');
    await subject.expectSound('faulty.test', 'first.test');
  });

  it('is refused when there is no end of deadlocks', async () => {
    for (let tried = 0; tried < 8; tried++) proxy.fail(COMMIT, DEADLOCK);
    expect(await subject.add('faulty.test')).toBe('refused');
    await subject.expectSound('first.test');
  });
});
