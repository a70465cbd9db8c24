import type { MigrationInterface, QueryRunner } from 'typeorm';
import { column, createTable, id, reference, text } from './table';

export class RevocationReceipts1763800000000 implements MigrationInterface {
  name = 'RevocationReceipts1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE extensions ADD COLUMN password_changed_at datetime NULL');
    await runner.query(
      'CREATE INDEX IDX_extensions_tenant_number ON extensions (tenant_id, extension_number)',
    );
    await runner.query('ALTER TABLE revocations RENAME TO old_revocations');
    await createRevocations(runner);
    await createRevocationNodes(runner);
    await carryOver(runner);
    await runner.dropTable('old_revocations');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE revocations RENAME TO new_revocations');
    await createOldRevocations(runner);
    await runner.query(`
      INSERT INTO revocations (node, sip_user, sip_domain, drop_contacts, created_at)
      SELECT n.node, r.sip_user, r.sip_domain, r.drop_contacts, r.created_at
      FROM revocation_nodes n JOIN new_revocations r ON r.id = n.revocation_id
      WHERE n.verified_at IS NULL ORDER BY r.id, n.node`);
    await runner.dropTable('revocation_nodes');
    await runner.dropTable('new_revocations');
    await runner.dropIndex('extensions', 'IDX_extensions_tenant_number');
    await runner.query('ALTER TABLE extensions DROP COLUMN password_changed_at');
  }
}

async function createRevocations(runner: QueryRunner): Promise<void> {
  await createTable(runner, {
    name: 'revocations',
    columns: [
      id,
      column('tenant_id', 'integer'),
      text('sip_user', 10),
      text('sip_domain', 190),
      text('reason', 24),
      column('drop_contacts', 'boolean'),
      text('device', 16, { isNullable: true }),
      text('made_by', 36),
      column('created_at', 'datetime'),
    ],
    indices: [
      { name: 'IDX_revocations_tenant_user', columnNames: ['tenant_id', 'sip_user', 'id'] },
      { name: 'IDX_revocations_created_at', columnNames: ['created_at'] },
    ],
    foreignKeys: [reference('FK_revocations_tenant', 'tenant_id', 'tenants')],
    checks: [
      {
        name: 'CHK_revocations_reason',
        expression: "reason IN ('deleted', 'disabled', 'password_changed', 'changed', 'unregistered')",
      },
    ],
  });
}

async function createRevocationNodes(runner: QueryRunner): Promise<void> {
  await createTable(runner, {
    name: 'revocation_nodes',
    columns: [
      column('revocation_id', 'integer', { isPrimary: true }),
      text('node', 100, { isPrimary: true }),
      column('flushed_entries', 'integer'),
      column('dropped_contacts', 'integer'),
      column('flushed_at', 'datetime', { isNullable: true }),
      column('verified_at', 'datetime', { isNullable: true }),
      column('attempts', 'integer'),
      text('last_error', 64, { isNullable: true }),
      text('claimed_by', 36, { isNullable: true }),
      column('claimed_until', 'datetime', { isNullable: true }),
    ],
    indices: [
      { name: 'IDX_revocation_nodes_pending', columnNames: ['node', 'verified_at', 'revocation_id'] },
    ],
    foreignKeys: [reference('FK_revocation_nodes_revocation', 'revocation_id', 'revocations')],
  });
}

/** What was pending stays pending; its reason is told from what became of the extension. */
async function carryOver(runner: QueryRunner): Promise<void> {
  await runner.query(`
    INSERT INTO revocations (id, tenant_id, sip_user, sip_domain, reason, drop_contacts, made_by, created_at)
    SELECT o.id, t.id, o.sip_user, o.sip_domain,
      CASE WHEN o.drop_contacts = 0 THEN 'changed' WHEN e.id IS NULL THEN 'deleted' ELSE 'disabled' END,
      o.drop_contacts, '', o.created_at
    FROM old_revocations o
    JOIN tenants t ON t.domain = o.sip_domain
    LEFT JOIN extensions e ON e.tenant_id = t.id AND e.live_number = o.sip_user`);
  await runner.query(`
    INSERT INTO revocation_nodes (revocation_id, node, flushed_entries, dropped_contacts, attempts)
    SELECT r.id, o.node, 0, 0, 0 FROM old_revocations o JOIN revocations r ON r.id = o.id`);
}

async function createOldRevocations(runner: QueryRunner): Promise<void> {
  await createTable(runner, {
    name: 'revocations',
    columns: [
      id,
      text('node', 100),
      text('sip_user', 10),
      text('sip_domain', 190),
      column('drop_contacts', 'boolean'),
      column('created_at', 'datetime'),
    ],
    indices: [{ name: 'IDX_revocations_node', columnNames: ['node', 'id'] }],
  });
}
