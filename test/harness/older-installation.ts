import { createCipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { hash } from 'argon2';
import { type DataSource } from 'typeorm';
import { alone, knownMigrations, runMigrations } from '../../src/platform/database/migrate';
import { ago, audit, DOMAIN, type Row, USERNAME } from './older-audit';
import { APP_KEY } from './keys';

/** The last migration before the log of events. */
const LAST_MIGRATION = 'LimitsOfTenants1764100400000';
const KEY = Buffer.from(APP_KEY, 'base64');

/** What an older installation is opened with: its secrets in plain text. */
export const OLD = {
  domain: DOMAIN,
  token: `1|${'a'.repeat(40)}`,
  operatorToken: `4|${'d'.repeat(40)}`,
  revokedToken: `3|${'c'.repeat(40)}`,
  username: USERNAME,
  password: 'correct horse 4711',
  sipPasswords: { 1001: 'first secret', 1002: 'second secret', 1003: 'third secret', 1004: 'fifth secret' },
  pin: '4321',
  importPasswords: '1004,made by an import\r\n',
  idempotency: {
    key: 'order-4711',
    body: { extension_number: '1001', display_name: 'Reception' },
    answer: { data: { extension_number: '1001', sip_password: 'first secret' } },
  },
};

/** Where the nodes of the installation are. */
export interface OldNodes {
  fs1: { host: string; port: number; password: string };
}

/** Brings an empty database to the older schema. @returns how many migrations have come since */
export async function migrateToOld(dataSource: DataSource): Promise<number> {
  const known = knownMigrations(dataSource);
  const old = known.slice(0, known.indexOf(LAST_MIGRATION) + 1);
  await alone(dataSource, (transactions) => runMigrations(dataSource, transactions, old));
  return known.length - old.length;
}

/**
 * Fills a database with that schema as an older version left one: with its own forms of what is sealed, hashed and
 * chained, so that a change of one of these is noticed.
 */
export async function fillOld(dataSource: DataSource, { fs1 }: OldNodes): Promise<void> {
  const insert = async (table: string, rows: Row[]): Promise<void> => {
    for (const row of rows) {
      const marks = Object.keys(row).map(() => '?');
      const sql = `INSERT INTO ${table} (${Object.keys(row).join()}) VALUES (${marks.join()})`;
      await dataSource.query(sql, Object.values(row));
    }
  };
  const dates = { created_at: ago(600), updated_at: ago(500) };
  await insert('tenants', [
    { id: 1, name: 'Acme', domain: OLD.domain, max_extensions: 50, max_devices: 5, max_legs: 100, ...dates },
    { id: 2, name: 'Beta', domain: 'beta.test', status: 'disabled', emergency_numbers: '112,999', ...dates },
  ]);
  await insert('departments', [{ id: 1, tenant_id: 1, name: 'Kinh doanh', ...dates }]);
  await insert('teams', [
    { id: 1, tenant_id: 1, department_id: 1, name: 'Bán hàng', ...dates },
    { id: 2, tenant_id: 1, department_id: null, name: 'Bạn hàng', ...dates },
  ]);
  const callerId = { tenant_id: 1, carrier: 'viettel', cli_type: 'mobile', ...dates };
  await insert('caller_ids', [
    { id: 1, number: '0900000020', canonical_number: '84900000020', display_name: 'Sales', ...callerId },
    { id: 2, number: '+84900000021', canonical_number: '84900000021', status: 'inactive', ...callerId },
  ]);
  await dataSource.query('UPDATE tenants SET default_caller_id_id = 1 WHERE id = 1');
  await insert('extensions', extensions(dates));
  await insert('users', await users(dates));
  await insert('user_teams', [{ user_id: 3, team_id: 1 }]);
  await insert('api_tokens', tokens());
  await insert('freeswitch_nodes', [
    {
      ...{
        id: 1,
        name: 'fs1',
        host: fs1.host,
        port: fs1.port,
        status: 'active',
        swept_at: ago(400),
        ...dates,
      },
      password: sealed(fs1.password, 'ESL password of node fs1'),
    },
  ]);
  await insert('unknown_nodes', [
    {
      name: '192.0.2.9',
      hostname: 'old',
      address: '192.0.2.9',
      first_asked_at: ago(90),
      last_asked_at: ago(1),
    },
  ]);
  await insert('revocations', revocations());
  await insert('revocation_nodes', works());
  const { entries, chains } = audit();
  await insert('audit_entries', entries);
  await insert('audit_chains', chains);
  await insert('import_jobs', importJobs());
  await insert('import_parts', [
    { id: 1, job_id: 1, kind: 'passwords', content: sealed(OLD.importPasswords, 'passwords of import 1') },
    { id: 2, job_id: 2, kind: 'errors', content: JSON.stringify(IMPORT_ERRORS) },
  ]);
  await insert('idempotency_keys', [
    { id: 1, scope: 'token 1', ...idempotencyKey(OLD.idempotency.key), claimed_until: null },
    { id: 2, scope: 'token 1', ...idempotencyKey('of a process that died'), claimed_until: ago(30) },
  ]);
  await insert('idempotency_parts', [{ key_id: 1, position: 0, sealed: keptAnswer() }]);
}

export const IMPORT_ERRORS = [
  {
    line: 3,
    extension_number: '12',
    errors: { extension_number: ['The extension number format is invalid.'] },
  },
];

function sealed(plain: string, place: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', KEY, nonce).setAAD(Buffer.from(place));
  const text = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `v1.${text.toString('base64')}`;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function a1(number: keyof typeof OLD.sipPasswords, domain = OLD.domain, tenant = 1): string {
  const password = OLD.sipPasswords[number];
  const hashes = [domain, 'anonymous.invalid'].map((realm) => md5(`${number}:${realm}:${password}`));
  return sealed(hashes.join(' '), `a1 of ${number} in tenant ${tenant}`);
}

function extensions(dates: Row): Row[] {
  const row = (id: number, number: keyof typeof OLD.sipPasswords, more: Row = {}): Row => ({
    ...{ id, tenant_id: 1, extension_number: String(number), live_number: String(number), a1: a1(number) },
    ...{ mailbox: `${number}-${id}`, live_since: ago(600), ...dates, ...more },
  });
  const deleted = { live_number: null, deleted_at: ago(100) };
  return [
    row(1, 1001, {
      ...{ display_name: 'Lễ tân', team_id: 1, outbound_caller_id_id: 1, recording_mode: 'all' },
      ...{ outbound_caller_id_as_sent: '+84900000020', voicemail_enabled: 1, voicemail_email: 'a@acme.test' },
      ...{ voicemail_pin: sealed(OLD.pin, 'voicemail_pin of 1001 in tenant 1'), max_concurrent: 4 },
    }),
    row(2, 1002, { status: 'disabled', team_id: 2, password_changed_at: ago(300) }),
    row(3, 1003, deleted),
    row(4, 1004, { ...deleted, mailbox: '1004' }),
    row(5, 1004, { tls_enabled: 0 }),
    row(6, 1001, { tenant_id: 2, a1: a1(1001, 'beta.test', 2) }),
  ];
}

async function users(dates: Row): Promise<Row[]> {
  const password_hash = await hash(OLD.password);
  return [
    { id: 1, tenant_id: null, username: 'root', role: 'operator', password_hash, ...dates },
    {
      id: 2,
      tenant_id: 1,
      username: OLD.username,
      role: 'admin',
      email: 'a@acme.test',
      password_hash,
      ...dates,
    },
    { id: 3, tenant_id: 1, username: 'binh', role: 'supervisor', password_hash, ...dates },
    { id: 4, tenant_id: 1, username: 'chi', role: 'agent', extension_id: 1, password_hash, ...dates },
  ];
}

function tokens(): Row[] {
  const row = (id: number, letter: string, more: Row): Row => ({
    ...{
      id,
      tenant_id: 1,
      name: `token ${id}`,
      secret_hash: sha256(letter.repeat(40)),
      created_at: ago(600),
    },
    ...more,
  });
  return [
    row(1, 'a', { role: 'admin', last_used_at: ago(10), last_used_from: '192.0.2.1' }),
    row(2, 'b', { user_id: 2, from_login: 1, allowed_addresses: '192.0.2.0/24', rate_limit: 60 }),
    row(3, 'c', { role: 'read_only', revoked_at: ago(20) }),
    row(4, 'd', { tenant_id: null, user_id: 1, pbx: null }),
  ];
}

/** The first was carried out; the others were recorded by a process that died. */
function revocations(): Row[] {
  const row = (id: number, sip_user: string, reason: string, more: Row = {}): Row => ({
    ...{ id, tenant_id: 1, sip_user, sip_domain: OLD.domain, reason, drop_contacts: 1, made_by: 'gone' },
    ...{ created_at: ago(100 - id), ...more },
  });
  return [
    row(1, '1003', 'deleted', { mailbox: '1003-3', mailbox_step: 'delete' }),
    row(2, '1002', 'disabled'),
    row(3, '1001', 'changed', { drop_contacts: 0, mailbox: '1001-1', mailbox_step: 'refresh' }),
    row(4, '1004', 'unregistered', { device: '0123456789abcdef' }),
  ];
}

function works(): Row[] {
  const row = (id: number, node: string, more: Row): Row => ({
    ...{ revocation_id: id, node, flushed_entries: 0, dropped_contacts: 0, attempts: 0, ...more },
  });
  const done = {
    flushed_entries: 1,
    dropped_contacts: 2,
    attempts: 2,
    flushed_at: ago(98),
    verified_at: ago(97),
  };
  const claimed = { claimed_by: 'gone', claimed_until: ago(96) };
  return [
    row(1, 'fs1', { ...done, deleted_messages: 3, claimed_by: 'gone', claimed_until: ago(97) }),
    row(2, 'fs1', { ...claimed, attempts: 1, last_error: 'ESL_CLOSED' }),
    row(2, '192.0.2.9', { last_error: 'NODE_UNKNOWN' }),
    row(3, 'fs1', claimed),
    row(4, 'fs1', done),
  ];
}

function importJobs(): Row[] {
  const job = {
    ...{ tenant_id: 1, user_id: null, token_id: 1, scope: sha256('{"kind":"all"}'), action: 'create' },
    ...{
      mode: 'all_or_nothing',
      dry_run: 0,
      heartbeat_at: ago(60),
      created_at: ago(61),
      finished_at: ago(60),
    },
  };
  return [
    { id: 1, ...job, status: 'done', total: 1, processed: 1, percent: 100, created: 1 },
    {
      id: 2,
      ...job,
      status: 'failed',
      total: 2,
      failed: 1,
      message: 'Nothing was changed: there are rows with errors.',
    },
  ];
}

function idempotencyKey(key: string): Row {
  const secret = Buffer.from(hkdfSync('sha256', KEY, '', 'idempotency', 32));
  const asked = JSON.stringify(['POST', '/api/pbx/extensions', OLD.idempotency.body]);
  const fingerprint = createHmac('sha256', secret).update(asked).digest('hex');
  return { key_hash: sha256(key), fingerprint, created_at: ago(60) };
}

function keptAnswer(): string {
  const body = Buffer.from(JSON.stringify(OLD.idempotency.answer)).toString('base64');
  const rights = { permissions: [], scope: { kind: 'all' } };
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  const answer = JSON.stringify({ rights, status: 201, headers, body });
  return sealed(answer, 'the answer of idempotency key 1');
}
