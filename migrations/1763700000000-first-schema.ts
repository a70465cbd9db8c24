import type { MigrationInterface, QueryRunner } from 'typeorm';
import { column, createTable, id, reference, text } from './table';

const TABLES = ['revocations', 'api_tokens', 'extensions', 'caller_ids', 'teams', 'departments', 'tenants'];

const EXTENSION_CHECKS = [
  { name: 'CHK_extensions_status', expression: "status IN ('active', 'disabled')" },
  {
    name: 'CHK_extensions_recording_mode',
    expression: "recording_mode IN ('none', 'inbound', 'outbound', 'all')",
  },
  { name: 'CHK_extensions_max_concurrent', expression: 'max_concurrent BETWEEN 1 AND 10' },
  {
    name: 'CHK_extensions_live_number',
    expression:
      '(deleted_at IS NULL AND live_number IS NOT NULL AND live_number = extension_number) OR (deleted_at IS NOT NULL AND live_number IS NULL)',
  },
];

export class FirstSchema1763700000000 implements MigrationInterface {
  name = 'FirstSchema1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTenants(runner);
    await createTeams(runner);
    await createCallerIds(runner);
    await createExtensions(runner);
    await createApiTokens(runner);
    await createRevocations(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.dropTable(table);
  }
}

async function createTenants(runner: QueryRunner): Promise<void> {
  await createTable(runner, {
    name: 'tenants',
    columns: [
      id,
      text('name', 100),
      text('domain', 190),
      text('status', 16, { default: "'active'" }),
      column('max_extensions', 'integer', { isNullable: true }),
      text('country_code', 3, { default: "'84'" }),
      column('created_at', 'datetime'),
      column('updated_at', 'datetime'),
    ],
    indices: [{ name: 'UQ_tenants_domain', columnNames: ['domain'], isUnique: true }],
    checks: [{ name: 'CHK_tenants_status', expression: "status IN ('active', 'disabled')" }],
  });
}

async function createTeams(runner: QueryRunner): Promise<void> {
  await createTable(runner, {
    name: 'departments',
    columns: [id, column('tenant_id', 'integer'), text('name', 100)],
    indices: [{ name: 'IDX_departments_tenant', columnNames: ['tenant_id'] }],
    foreignKeys: [reference('FK_departments_tenant', 'tenant_id', 'tenants')],
  });
  await createTable(runner, {
    name: 'teams',
    columns: [
      id,
      column('tenant_id', 'integer'),
      column('department_id', 'integer', { isNullable: true }),
      text('name', 100),
    ],
    indices: [
      { name: 'UQ_teams_tenant_name', columnNames: ['tenant_id', 'name'], isUnique: true },
      { name: 'IDX_teams_department', columnNames: ['department_id'] },
    ],
    foreignKeys: [
      reference('FK_teams_tenant', 'tenant_id', 'tenants'),
      reference('FK_teams_department', 'department_id', 'departments'),
    ],
  });
}

async function createCallerIds(runner: QueryRunner): Promise<void> {
  await createTable(runner, {
    name: 'caller_ids',
    columns: [
      id,
      column('tenant_id', 'integer'),
      text('number', 16),
      text('canonical_number', 16),
      text('display_name', 100, { isNullable: true }),
      text('carrier', 16),
      text('cli_type', 16),
      text('status', 16, { default: "'active'" }),
      column('created_at', 'datetime'),
      column('updated_at', 'datetime'),
    ],
    indices: [
      {
        name: 'UQ_caller_ids_tenant_canonical',
        columnNames: ['tenant_id', 'canonical_number'],
        isUnique: true,
      },
    ],
    foreignKeys: [reference('FK_caller_ids_tenant', 'tenant_id', 'tenants')],
    checks: [{ name: 'CHK_caller_ids_status', expression: "status IN ('active', 'inactive')" }],
  });
}

async function createExtensions(runner: QueryRunner): Promise<void> {
  await createTable(runner, {
    name: 'extensions',
    columns: [
      id,
      column('tenant_id', 'integer'),
      text('extension_number', 10),
      text('live_number', 10, { isNullable: true }),
      text('display_name', 100, { isNullable: true }),
      column('team_id', 'integer', { isNullable: true }),
      column('voicemail_enabled', 'boolean', { default: '0' }),
      text('voicemail_pin', 255, { isNullable: true }),
      column('outbound_caller_id_id', 'integer', { isNullable: true }),
      text('outbound_caller_id_as_sent', 17, { isNullable: true }),
      text('recording_mode', 16, { default: "'none'" }),
      text('status', 16, { default: "'active'" }),
      column('max_concurrent', 'integer', { default: '2' }),
      column('tls_enabled', 'boolean', { default: '0' }),
      text('a1', 255),
      column('created_at', 'datetime'),
      column('updated_at', 'datetime'),
      column('deleted_at', 'datetime', { isNullable: true }),
    ],
    indices: [
      { name: 'UQ_extensions_tenant_live_number', columnNames: ['tenant_id', 'live_number'], isUnique: true },
      { name: 'IDX_extensions_team', columnNames: ['team_id'] },
      { name: 'IDX_extensions_caller_id', columnNames: ['outbound_caller_id_id'] },
    ],
    foreignKeys: [
      reference('FK_extensions_tenant', 'tenant_id', 'tenants'),
      reference('FK_extensions_team', 'team_id', 'teams'),
      reference('FK_extensions_caller_id', 'outbound_caller_id_id', 'caller_ids'),
    ],
    checks: EXTENSION_CHECKS,
  });
}

async function createApiTokens(runner: QueryRunner): Promise<void> {
  await createTable(runner, {
    name: 'api_tokens',
    columns: [
      id,
      column('tenant_id', 'integer'),
      text('name', 100),
      text('role', 16),
      text('secret_hash', 64),
      column('expires_at', 'datetime', { isNullable: true }),
      column('revoked_at', 'datetime', { isNullable: true }),
      column('created_at', 'datetime'),
    ],
    indices: [{ name: 'IDX_api_tokens_tenant', columnNames: ['tenant_id'] }],
    foreignKeys: [reference('FK_api_tokens_tenant', 'tenant_id', 'tenants')],
    checks: [
      { name: 'CHK_api_tokens_role', expression: "role IN ('admin', 'supervisor', 'agent', 'read_only')" },
    ],
  });
}

async function createRevocations(runner: QueryRunner): Promise<void> {
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
