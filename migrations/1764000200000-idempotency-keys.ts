import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, createTable, id, reference, text } from './table';

export class IdempotencyKeys1764000200000 implements MigrationInterface {
  name = 'IdempotencyKeys1764000200000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'idempotency_keys',
      columns: [
        id,
        text('scope', 24),
        text('key_hash', 64),
        text('fingerprint', 64),
        column('claimed_until', 'datetime', { isNullable: true }),
        column('created_at', 'datetime'),
      ],
      indices: [
        { name: 'UQ_idempotency_keys_scope_key', columnNames: ['scope', 'key_hash'], isUnique: true },
        { name: 'IDX_idempotency_keys_created_at', columnNames: ['created_at'] },
      ],
    });
    await createTable(runner, {
      name: 'idempotency_parts',
      columns: [
        column('key_id', 'integer', { isPrimary: true }),
        column('position', 'integer', { isPrimary: true }),
        column('sealed', 'text'),
      ],
      foreignKeys: [reference('FK_idempotency_parts_key', 'key_id', 'idempotency_keys')],
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('idempotency_parts');
    await runner.dropTable('idempotency_keys');
  }
}
