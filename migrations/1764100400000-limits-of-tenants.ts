import { type MigrationInterface, type QueryRunner, TableColumn } from 'typeorm';
import { addCheck, column, dropCheck } from './table';

const COLUMNS = [
  column('max_devices', 'integer', { default: 10 }),
  column('max_legs', 'integer', { default: 400 }),
];
const CHECKS = [
  { name: 'CHK_tenants_max_devices', expression: 'max_devices BETWEEN 1 AND 10' },
  { name: 'CHK_tenants_max_legs', expression: 'max_legs BETWEEN 2 AND 100000' },
];

export class LimitsOfTenants1764100400000 implements MigrationInterface {
  name = 'LimitsOfTenants1764100400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumns(
      'tenants',
      COLUMNS.map((each) => new TableColumn(each)),
    );
    for (const check of CHECKS) await addCheck(runner, 'tenants', check);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { name } of CHECKS) await dropCheck(runner, 'tenants', name);
    await runner.dropColumns(
      'tenants',
      COLUMNS.map(({ name }) => name),
    );
  }
}
