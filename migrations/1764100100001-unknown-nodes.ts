import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, createTable, text } from './table';

export class UnknownNodes1764100100001 implements MigrationInterface {
  name = 'UnknownNodes1764100100001';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'unknown_nodes',
      columns: [
        text('name', 100, { isPrimary: true }),
        text('hostname', 40),
        text('address', 45),
        text('core_uuid', 36, { isNullable: true }),
        column('first_asked_at', 'datetime'),
        column('last_asked_at', 'datetime'),
      ],
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('unknown_nodes');
  }
}
