import { DataSource } from 'typeorm';
import { readSettings } from '../../src/platform/config/settings';
import { createDataSource } from '../../src/platform/database/data-source';
import { migrate } from '../../src/platform/database/migrate';
import { CommandLine } from '../harness/command-line';
import { APP_KEY } from '../harness/dialplane';
import { describeOnEach, type TestDatabase } from '../harness/lanes';

const TIME = '2026-01-01 00:00:00';

describeOnEach('the migrations of numbers', (lane) => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeEach(async () => {
    database = await lane.create();
    const settings = readSettings({ DATABASE_URL: database.url, APP_KEY });
    dataSource = await createDataSource(settings).initialize();
  });
  afterEach(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  async function undo(count: number): Promise<void> {
    // As TypeORM does for the way up: a table is made anew there to lose a column.
    if (lane.name === 'sqlite') await dataSource.query('PRAGMA foreign_keys = OFF');
    for (let left = count; left > 0; left--) await dataSource.undoLastMigration();
  }

  /** The schema as it was before a migration, and its tenant 1 of country 84. */
  async function before(migration: string): Promise<void> {
    const applied = await migrate(dataSource);
    await undo(applied.length - applied.findIndex((name) => name.startsWith(migration)));
    const sql =
      "INSERT INTO tenants (id, name, domain, created_at, updated_at) VALUES (1, 'a', 'a.test', ?, ?)";
    await dataSource.query(sql, [TIME, TIME]);
  }

  it('have one caller ID a number, and keep those that are there twice apart, there and back', async () => {
    await before('OneCallerIdANumber');
    const old: [number: string, canonical: string][] = [
      ['0084900000025', '84084900000025'],
      ['0900000025', '84900000025'],
      ['0084900000026', '84084900000026'],
      ['+840900000026', '840900000026'],
      ['0900000027', '84900000027'],
    ];
    for (const [number, canonical] of old) {
      await dataSource.query(
        `INSERT INTO caller_ids (tenant_id, number, canonical_number, carrier, cli_type, created_at, updated_at)
         VALUES (1, ?, ?, 'other', 'mobile', ?, ?)`,
        [number, canonical, TIME, TIME],
      );
    }
    const canonical = async (): Promise<string[]> => {
      const sql = 'SELECT canonical_number AS number FROM caller_ids ORDER BY id';
      return (await dataSource.query<{ number: string }[]>(sql)).map(({ number }) => number);
    };
    const applied = await migrate(dataSource);
    const now = ['0084900000025', '84900000025', '84900000026', '840900000026', '84900000027'];
    expect(await canonical()).toEqual(now);
    const commandLine = new CommandLine({ APP_KEY, DATABASE_URL: database.url });
    expect((await commandLine.run(['doctor'])).stdout).toContain(
      'warn  caller IDs: another caller ID of the same account is the same number as each of ' +
        '0084900000025@a.test, +840900000026@a.test; let extensions have the other one, and delete these',
    );
    await commandLine.stop();
    await undo(applied.length);
    expect(await canonical()).toEqual(old.map(([, number]) => number));
  });
});
