import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, createTable, id, setExact, text } from './table';

const NAME = text('name', 64);

/** Nodes were a setting; the first start fills the table from it. */
export class FreeswitchNodes1764100100000 implements MigrationInterface {
  name = 'FreeswitchNodes1764100100000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'freeswitch_nodes',
      columns: [
        id,
        NAME,
        text('host', 253),
        column('port', 'integer'),
        column('password', 'text'),
        text('status', 16),
        column('swept_at', 'datetime', { isNullable: true }),
        column('created_at', 'datetime'),
        column('updated_at', 'datetime'),
      ],
      indices: [{ name: 'UQ_freeswitch_nodes_name', columnNames: ['name'], isUnique: true }],
      checks: [{ name: 'CHK_freeswitch_nodes_status', expression: "status IN ('active', 'draining')" }],
    });
    await setExact(runner, 'freeswitch_nodes', NAME, true);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('freeswitch_nodes');
  }
}
