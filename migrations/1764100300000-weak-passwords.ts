import { type MigrationInterface, type QueryRunner, TableColumn } from 'typeorm';
import { column } from './table';

const REFUSE = column('refuse_weak_passwords', 'boolean', { default: '1' });

export class WeakPasswords1764100300000 implements MigrationInterface {
  name = 'WeakPasswords1764100300000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('tenants', new TableColumn(REFUSE));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('tenants', REFUSE.name);
  }
}
