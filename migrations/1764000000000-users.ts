import { type MigrationInterface, type QueryRunner, TableColumn, TableForeignKey, TableIndex } from 'typeorm';
import { addCheck, column, createTable, dropCheck, id, reference, setNullable, text } from './table';

const TOKEN_COLUMNS = [
  column('user_id', 'integer', { isNullable: true }),
  text('pbx', 16, { isNullable: true }),
  column('pbx_api_access', 'boolean', { default: '1' }),
  column('from_login', 'boolean', { default: '0' }),
  text('allowed_addresses', 1000, { isNullable: true }),
  column('rate_limit', 'integer', { isNullable: true }),
  column('last_used_at', 'datetime', { isNullable: true }),
  text('last_used_from', 45, { isNullable: true }),
];
const TOKEN_INDEX = { name: 'IDX_api_tokens_user', columnNames: ['user_id'] };
const TOKEN_KEY = reference('FK_api_tokens_user', 'user_id', 'users');
const TIERS = "pbx IN ('viewer', 'operator', 'admin')";
const TOKEN_CHECKS = [
  { name: 'CHK_api_tokens_pbx', expression: TIERS },
  {
    name: 'CHK_api_tokens_holder',
    expression: 'user_id IS NOT NULL OR (tenant_id IS NOT NULL AND role IS NOT NULL)',
  },
];
const USER_CHECKS = [
  {
    name: 'CHK_users_role',
    expression: "role IN ('admin', 'supervisor', 'agent', 'read_only', 'operator')",
  },
  { name: 'CHK_users_pbx', expression: TIERS },
  { name: 'CHK_users_status', expression: "status IN ('active', 'disabled')" },
  {
    name: 'CHK_users_tenant',
    expression: "(role = 'operator' AND tenant_id IS NULL) OR (role <> 'operator' AND tenant_id IS NOT NULL)",
  },
];
const TENANT_ID = column('tenant_id', 'integer');
const ROLE = text('role', 16);

export class Users1764000000000 implements MigrationInterface {
  name = 'Users1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await createUsers(runner);
    await createUserTeams(runner);
    await runner.addColumns(
      'api_tokens',
      TOKEN_COLUMNS.map((each) => new TableColumn(each)),
    );
    await setNullable(runner, 'api_tokens', TENANT_ID, true);
    await setNullable(runner, 'api_tokens', ROLE, true);
    await runner.createIndex('api_tokens', new TableIndex(TOKEN_INDEX));
    await runner.createForeignKey('api_tokens', new TableForeignKey(TOKEN_KEY));
    for (const check of TOKEN_CHECKS) await addCheck(runner, 'api_tokens', check);
  }

  async down(runner: QueryRunner): Promise<void> {
    // What only people had, nobody can use any more.
    await runner.query('DELETE FROM api_tokens WHERE user_id IS NOT NULL');
    for (const { name } of TOKEN_CHECKS) await dropCheck(runner, 'api_tokens', name);
    await runner.dropForeignKey('api_tokens', 'FK_api_tokens_user');
    await runner.dropIndex('api_tokens', TOKEN_INDEX.name);
    await setNullable(runner, 'api_tokens', ROLE, false);
    await setNullable(runner, 'api_tokens', TENANT_ID, false);
    await runner.dropColumns(
      'api_tokens',
      TOKEN_COLUMNS.map(({ name }) => name),
    );
    await runner.dropTable('user_teams');
    await runner.dropTable('users');
  }
}

async function createUsers(runner: QueryRunner): Promise<void> {
  await createTable(runner, {
    name: 'users',
    columns: [
      id,
      column('tenant_id', 'integer', { isNullable: true }),
      text('username', 100),
      text('email', 254, { isNullable: true }),
      text('role', 16),
      text('pbx', 16, { isNullable: true }),
      column('pbx_api_access', 'boolean', { default: '1' }),
      text('status', 16, { default: "'active'" }),
      text('password_hash', 255),
      column('extension_id', 'integer', { isNullable: true }),
      column('last_login_at', 'datetime', { isNullable: true }),
      column('created_at', 'datetime'),
      column('updated_at', 'datetime'),
    ],
    indices: [
      { name: 'UQ_users_username', columnNames: ['username'], isUnique: true },
      { name: 'IDX_users_tenant', columnNames: ['tenant_id'] },
      { name: 'IDX_users_extension', columnNames: ['extension_id'] },
    ],
    foreignKeys: [
      reference('FK_users_tenant', 'tenant_id', 'tenants'),
      reference('FK_users_extension', 'extension_id', 'extensions'),
    ],
    checks: USER_CHECKS,
  });
}

async function createUserTeams(runner: QueryRunner): Promise<void> {
  await createTable(runner, {
    name: 'user_teams',
    columns: [
      column('user_id', 'integer', { isPrimary: true }),
      column('team_id', 'integer', { isPrimary: true }),
    ],
    indices: [{ name: 'IDX_user_teams_team', columnNames: ['team_id'] }],
    foreignKeys: [
      reference('FK_user_teams_user', 'user_id', 'users'),
      reference('FK_user_teams_team', 'team_id', 'teams'),
    ],
  });
}
