import { DataSource } from 'typeorm';
import { readSettings } from '../../src/platform/config/settings';
import { createDataSource } from '../../src/platform/database/data-source';
import { migrate } from '../../src/platform/database/migrate';
import { Transactions } from '../../src/platform/database/transactions';
import { Tenant } from '../../src/schema/tenant.entity';
import { describeOnEach, type TestDatabase } from '../harness/lanes';

describeOnEach('the database', (lane) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let transactions: Transactions;
  const time = new Date('2026-01-01T00:00:00Z');

  beforeEach(async () => {
    database = await lane.create();
    const settings = readSettings({
      DATABASE_URL: database.url,
      APP_KEY: Buffer.alloc(32).toString('base64'),
    });
    dataSource = await createDataSource(settings).initialize();
    await migrate(dataSource);
    transactions = new Transactions(dataSource);
  });

  afterEach(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const tenant = (domain: string) => ({ name: 'Đà Nẵng 🏖', domain, createdAt: time, updatedAt: time });

  it('takes a lone null parameter', async () => {
    const { id } = await dataSource.manager.save(Tenant, { ...tenant('a.test'), maxExtensions: 5 });
    await dataSource.query('UPDATE tenants SET max_extensions = ?', [null]);
    await expect(dataSource.manager.findOneBy(Tenant, { id })).resolves.toMatchObject({
      maxExtensions: null,
    });
    await expect(dataSource.query('SELECT ? AS empty', [null])).resolves.toEqual([{ empty: null }]);
  });

  it('keeps text and times as they are', async () => {
    const { id } = await dataSource.manager.save(Tenant, tenant('a.test'));
    const kept = await dataSource.manager.findOneByOrFail(Tenant, { id });
    expect([kept.name, kept.createdAt]).toEqual(['Đà Nẵng 🏖', time]);
  });

  it('takes many transactions at once, and undoes only the one that fails', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        transactions.run(async (manager) => {
          await manager.save(Tenant, tenant(`t${i}.test`));
          if (i % 5 === 0) throw new Error('undo');
          return manager.save(Tenant, tenant(`u${i}.test`));
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(4);
    await expect(dataSource.manager.count(Tenant)).resolves.toBe(32);
  });

  it('keeps other processes from writing between what a transaction reads and writes', async () => {
    // Servers have locks for it.
    if (lane.name !== 'sqlite') return;
    const settings = readSettings({
      DATABASE_URL: database.url,
      APP_KEY: Buffer.alloc(32).toString('base64'),
    });
    const other = await createDataSource(settings).initialize();
    await other.query('PRAGMA busy_timeout = 0');
    await transactions.run(async (manager) => {
      await manager.find(Tenant);
      await expect(other.manager.save(Tenant, tenant('other.test'))).rejects.toThrow('locked');
      await manager.save(Tenant, tenant('a.test'));
    });
    await other.manager.save(Tenant, tenant('other.test'));
    await other.destroy();
  });

  it('lets instances that start at once migrate one after another', async () => {
    if (lane.name === 'sqlite') return;
    await dataSource.undoLastMigration();
    const settings = readSettings({
      DATABASE_URL: database.url,
      APP_KEY: Buffer.alloc(32).toString('base64'),
    });
    const others = await Promise.all([1, 2, 3].map(() => createDataSource(settings).initialize()));
    const applied = await Promise.all(others.map((each) => migrate(each)));
    expect(applied.map(({ length }) => length).sort()).toEqual([0, 0, 1]);
    await Promise.all(others.map((other) => other.destroy()));
  });
});
