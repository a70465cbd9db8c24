import { DataSource } from 'typeorm';
import { readSettings } from '../../src/platform/config/settings';
import { createDataSource } from '../../src/platform/database/data-source';
import { migrate } from '../../src/platform/database/migrate';
import { describeOnEach, type TestDatabase } from '../harness/lanes';

describeOnEach('the migrations', (lane) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeEach(async () => {
    database = await lane.create();
    const settings = readSettings({
      DATABASE_URL: database.url,
      APP_KEY: Buffer.alloc(32).toString('base64'),
    });
    const { options } = createDataSource(settings);
    // TypeORM reads a nullable column's default right on MariaDB only when it is told that this is one.
    const told = lane.name === 'MariaDB' ? ({ ...options, type: 'mariadb' } as typeof options) : options;
    dataSource = await new DataSource(told).initialize();
  });

  afterEach(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('make the schema that the entities describe', async () => {
    await migrate(dataSource);
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('leave nothing behind when they are undone', async () => {
    const applied = await migrate(dataSource);
    for (let left = applied.length; left > 0; left--) await dataSource.undoLastMigration();
    for (const { tableName } of dataSource.entityMetadatas) {
      await expect(dataSource.query(`SELECT 1 FROM ${tableName}`)).rejects.toThrow(
        /no such table|doesn't exist/,
      );
    }
    await expect(migrate(dataSource)).resolves.toHaveLength(applied.length);
  });

  it('keep what a database held before them', async () => {
    const applied = await migrate(dataSource);
    const time = '2026-01-01 00:00:00';
    const [columns, values] = ['name, domain, created_at, updated_at', `'a', 'a.test', '${time}', '${time}'`];
    for (let left = applied.length; left > 1; left--) await dataSource.undoLastMigration();
    await dataSource.query(`INSERT INTO tenants (id, ${columns}) VALUES (1, ${values})`);
    await dataSource.query(
      `INSERT INTO extensions (tenant_id, extension_number, live_number, a1, created_at, updated_at)
       VALUES (1, '1001', '1001', '', '${time}', '${time}')`,
    );
    await migrate(dataSource);
    const kept: unknown = await dataSource.query(
      'SELECT t.name, e.live_number FROM tenants t JOIN extensions e ON e.tenant_id = t.id',
    );
    expect(kept).toEqual([{ name: 'a', live_number: '1001' }]);
  });

  it('keep what nodes must still forget, there and back', async () => {
    const applied = await migrate(dataSource);
    const toTheFirst = async (): Promise<void> => {
      // As TypeORM does for the way up: a table is made anew there to lose a column.
      if (lane.name === 'sqlite') await dataSource.query('PRAGMA foreign_keys = OFF');
      for (let left = applied.length; left > 1; left--) await dataSource.undoLastMigration();
    };
    await toTheFirst();
    const time = '2026-01-01 00:00:00';
    await dataSource.query(
      `INSERT INTO tenants (id, name, domain, created_at, updated_at) VALUES (7, 'a', 'a.test', '${time}', '${time}')`,
    );
    await dataSource.query(
      `INSERT INTO extensions (tenant_id, extension_number, live_number, status, a1, created_at, updated_at)
       VALUES (7, '1002', '1002', 'disabled', '', '${time}', '${time}')`,
    );
    const pending = [
      ['fs1', '1001', 1],
      ['fs2', '1002', 1],
      ['fs1', '1003', 0],
    ];
    for (const row of pending) {
      const sql = `INSERT INTO revocations (node, sip_user, sip_domain, drop_contacts, created_at) VALUES (?, ?, 'a.test', ?, '${time}')`;
      await dataSource.query(sql, row);
    }
    await migrate(dataSource);
    const kept: unknown = await dataSource.query(
      `SELECT n.node, r.sip_user, r.reason, r.tenant_id, n.verified_at
       FROM revocation_nodes n JOIN revocations r ON r.id = n.revocation_id ORDER BY r.id`,
    );
    expect(kept).toEqual([
      { node: 'fs1', sip_user: '1001', reason: 'deleted', tenant_id: 7, verified_at: null },
      { node: 'fs2', sip_user: '1002', reason: 'disabled', tenant_id: 7, verified_at: null },
      { node: 'fs1', sip_user: '1003', reason: 'changed', tenant_id: 7, verified_at: null },
    ]);
    await dataSource.query(`UPDATE revocation_nodes SET verified_at = '${time}' WHERE node = 'fs2'`);
    await toTheFirst();
    const back = await dataSource.query<Record<string, unknown>[]>(
      'SELECT node, sip_user, drop_contacts FROM revocations ORDER BY id',
    );
    expect(back.map((row) => Object.values(row))).toEqual([pending[0], pending[2]]);
  });

  it('tell teams and departments apart by their exact names, there and back', async () => {
    const applied = await migrate(dataSource);
    const before = applied.findIndex((name) => name.startsWith('TeamsAndDeletedExtensions'));
    const back = async (): Promise<void> => {
      if (lane.name === 'sqlite') await dataSource.query('PRAGMA foreign_keys = OFF');
      for (let left = applied.length; left > before; left--) await dataSource.undoLastMigration();
    };
    const names = async (table: string): Promise<string[]> => {
      const rows = await dataSource.query<{ name: string }[]>(`SELECT name FROM ${table} ORDER BY id`);
      return rows.map(({ name }) => name);
    };
    await back();
    const time = '2026-01-01 00:00:00';
    await dataSource.query(
      `INSERT INTO tenants (id, name, domain, created_at, updated_at) VALUES (1, 'a', 'a.test', '${time}', '${time}')`,
    );
    const given = ['Sales', 'Sales', 'Sales 2', 'sales', 'Má', 'Mã', 'Má', 'Sales'];
    for (const [i, name] of given.entries()) {
      await dataSource.query('INSERT INTO departments (id, tenant_id, name) VALUES (?, 1, ?)', [i + 1, name]);
    }
    await dataSource.query("INSERT INTO teams (id, tenant_id, name) VALUES (1, 1, 'Má')");
    await migrate(dataSource);
    expect(await names('departments')).toEqual([
      ...['Sales', 'Sales 3', 'Sales 2', 'sales', 'Má', 'Mã', 'Má 7', 'Sales 8'],
    ]);
    for (const [id, name] of [
      [2, 'Mã'],
      [3, 'mã'],
      [4, 'Má 3'],
    ] as const) {
      const row = [id, name, time, time];
      const columns = 'id, tenant_id, name, created_at, updated_at';
      await dataSource.query(`INSERT INTO teams (${columns}) VALUES (?, 1, ?, ?, ?)`, row);
    }
    await back();
    // Before, MariaDB took these for one name.
    const told = lane.name === 'sqlite' ? ['Mã', 'mã'] : ['Mã 2', 'mã 4'];
    expect(await names('teams')).toEqual(['Má', ...told, 'Má 3']);
    if (lane.name !== 'sqlite') {
      await expect(dataSource.query("INSERT INTO teams (tenant_id, name) VALUES (1, 'MÁ')")).rejects.toThrow(
        /duplicate/i,
      );
    }
    await migrate(dataSource);
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries).toEqual([]);
  });

  it('keep a mailbox with who has the number, unless somebody else had it before', async () => {
    const applied = await migrate(dataSource);
    const before = applied.findIndex((name) => name.startsWith('Mailboxes'));
    if (lane.name === 'sqlite') await dataSource.query('PRAGMA foreign_keys = OFF');
    for (let left = applied.length; left > before; left--) await dataSource.undoLastMigration();
    const time = '2026-01-01 00:00:00';
    for (const id of [1, 2]) {
      await dataSource.query(
        `INSERT INTO tenants (id, name, domain, created_at, updated_at) VALUES (?, 'a', ?, ?, ?)`,
        [id, `a${id}.test`, time, time],
      );
    }
    const rows = [
      [1, 1, '1001', '1001', null],
      [2, 1, '1002', null, time],
      [3, 1, '1002', '1002', null],
      [4, 2, '1002', '1002', null],
    ];
    for (const row of rows) {
      await dataSource.query(
        `INSERT INTO extensions (id, tenant_id, extension_number, live_number, deleted_at, a1, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, '', ?, ?)`,
        [...row, time, time],
      );
    }
    await migrate(dataSource);
    const kept = await dataSource.query<{ mailbox: string }[]>('SELECT mailbox FROM extensions ORDER BY id');
    expect(kept.map(({ mailbox }) => mailbox)).toEqual(['1001', '1002-2', '1002-3', '1002']);
  });

  it('keep impossible extensions out of the database', async () => {
    await migrate(dataSource);
    const time = '2026-01-01 00:00:00';
    await dataSource.query(
      `INSERT INTO tenants (id, name, domain, created_at, updated_at) VALUES (1, 'a', 'a.test', '${time}', '${time}')`,
    );
    const insert = (fields: Record<string, string | number | null>): Promise<unknown> => {
      const row = {
        tenant_id: 1,
        extension_number: '1001',
        live_number: '1001',
        a1: '',
        mailbox: '1001-1',
        live_since: time,
        created_at: time,
        updated_at: time,
        ...fields,
      };
      const names = Object.keys(row);
      const marks = names.map(() => '?').join();
      return dataSource.query(
        `INSERT INTO extensions (${names.join()}) VALUES (${marks})`,
        Object.values(row),
      );
    };
    await insert({});
    await insert({ deleted_at: time, live_number: null });
    await insert({ deleted_at: time, live_number: null });
    await expect(insert({})).rejects.toThrow(/unique|duplicate/i);
    for (const wrong of [
      { live_number: '1002' },
      { live_number: null },
      { extension_number: '1003', deleted_at: time },
      { extension_number: '1004', live_number: '1004', max_concurrent: 11 },
      { extension_number: '1004', live_number: '1004', recording_mode: 'some' },
      { extension_number: '1004', live_number: '1004', status: 'gone' },
    ]) {
      await expect(insert(wrong)).rejects.toThrow(/constraint/i);
    }
    await expect(insert({ extension_number: '1004', live_number: '1004', tenant_id: 2 })).rejects.toThrow(
      /foreign key/i,
    );
  });
});
