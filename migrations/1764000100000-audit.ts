import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, createTable, id, setExact, text } from './table';

const ACTOR_NAME = text('actor_name', 100);
const ACTION = text('action', 32);
const RESOURCE = text('resource', 190);

export class Audit1764000100000 implements MigrationInterface {
  name = 'Audit1764000100000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'audit_chains',
      columns: [
        column('tenant_id', 'integer', { isPrimary: true }),
        column('first_seq', 'integer'),
        column('last_seq', 'integer'),
        text('base_hash', 64),
        text('last_hash', 64),
        text('seal', 64),
      ],
    });
    await createTable(runner, {
      name: 'audit_entries',
      columns: [
        id,
        column('tenant_id', 'integer'),
        column('seq', 'integer'),
        column('at', 'datetime'),
        text('actor_kind', 16),
        column('actor_id', 'integer', { isNullable: true }),
        ACTOR_NAME,
        column('token_id', 'integer', { isNullable: true }),
        text('address', 45, { isNullable: true }),
        text('request_id', 64, { isNullable: true }),
        ACTION,
        text('resource_type', 16),
        RESOURCE,
        column('changes', 'text'),
        column('first_revocation_id', 'integer', { isNullable: true }),
        column('last_revocation_id', 'integer', { isNullable: true }),
        text('hash', 64),
      ],
      indices: [
        { name: 'UQ_audit_entries_tenant_seq', columnNames: ['tenant_id', 'seq'], isUnique: true },
        { name: 'IDX_audit_entries_tenant_at', columnNames: ['tenant_id', 'at'] },
        { name: 'IDX_audit_entries_tenant_resource', columnNames: ['tenant_id', 'resource', 'seq'] },
      ],
    });
    // What is asked for by name is that one, not its like.
    for (const each of [ACTOR_NAME, ACTION, RESOURCE]) await setExact(runner, 'audit_entries', each, true);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('audit_entries');
    await runner.dropTable('audit_chains');
  }
}
