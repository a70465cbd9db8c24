import { once } from 'node:events';
import { type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { HttpAdapterHost } from '@nestjs/core';
import { CallerId } from '../../src/schema/caller-id.entity';
import { CsvLimits } from '../../src/api/edge/csv-stream';
import { Extension } from '../../src/schema/extension.entity';
import { Dialplane, type TestTenant } from '../harness/dialplane';
import { importFile } from '../harness/imports';
import { describeOnEach } from '../harness/lanes';
import { addCallerId, addTeam } from '../harness/records';

const HEADER =
  'extension_number,display_name,team_id,status,voicemail_enabled,voicemail_email,outbound_caller_id,recording_mode,max_concurrent,tls_enabled';
const NAMES = [
  '=1+1',
  "'=1",
  "''=1",
  '+84900000020',
  "'+",
  '-5',
  '@sum',
  "'",
  "'x",
  'a "b" c',
  'a,b;c',
  ' x ',
  'Nguyễn Thị Ánh 👩‍💻',
  '0012',
  'TRUE',
  'x;=1+1;',
  "x;'=1+1",
  "x;''@sum;-5;'",
  'x;"=1+1;y',
  '"+1"',
  '; ;;',
];

describeOnEach('an export', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });

  const exported = (query = '', token = tenant.token) =>
    dialplane.api(token, 'GET', `/extensions/export${query}`);
  const lines = async (query = '', token?: string): Promise<string[]> => {
    const { text } = await exported(query, token);
    expect(text.endsWith('\r\n')).toBe(true);
    return text.split('\r\n').slice(0, -1);
  };
  const create = async (body: object, token = tenant.token): Promise<void> => {
    expect((await dialplane.api(token, 'POST', '/extensions', body)).status).toBe(201);
  };

  /** As fast as a database takes them. */
  async function fill(count: number, displayName: string | null): Promise<void> {
    const time = new Date();
    for (let first = 0; first < count; first += 1_000) {
      const rows = Array.from({ length: Math.min(1_000, count - first) }, (_, i) => {
        const extensionNumber = String(first + i + 1).padStart(6, '0');
        const common = { tenantId: tenant.tenant.id, displayName, a1: '', createdAt: time, updatedAt: time };
        return {
          ...common,
          extensionNumber,
          liveNumber: extensionNumber,
          mailbox: extensionNumber,
          liveSince: time,
        };
      });
      const insert = dialplane.dataSource.createQueryBuilder().insert().into(Extension).values(rows);
      await insert.updateEntity(false).execute();
    }
  }

  it('is CSV with every field but the secrets', async () => {
    const team = await addTeam(dialplane, tenant, 'Sales');
    await addCallerId(dialplane, tenant, '0900000020');
    await create({
      ...{ extension_number: '1002', display_name: 'A', team_id: team.id, voicemail_enabled: true },
      ...{ voicemail_pin: '73914628', voicemail_email: 'a@b.cc', outbound_caller_id: '+84900000020' },
      ...{ recording_mode: 'all', max_concurrent: 3, tls_enabled: true, sip_password: 'chosen-password' },
    });
    await create({ extension_number: '1001' });
    const answer = await exported();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="extensions.csv"');
    expect(answer.text).toBe(
      [
        HEADER,
        '1001,,,active,false,,,none,2,false',
        `1002,A,${team.id},active,true,a@b.cc,'+84900000020,all,3,true`,
        '',
      ].join('\r\n'),
    );
    const head = await dialplane.api(tenant.token, 'HEAD', '/extensions/export');
    expect([head.status, head.text, head.headers.get('content-type')]).toEqual([
      200,
      '',
      'text/csv; charset=utf-8',
    ]);
  });

  it('tells of what is looked for, and of what the account sees', async () => {
    const other = await dialplane.tenant();
    await create({ extension_number: '1009' }, other.token);
    for (const [extension_number, display_name] of [
      ['1001', 'Sales'],
      ['1002', 'Desk'],
      ['1003', 'Sales'],
    ]) {
      await create({ extension_number, display_name });
    }
    await dialplane.api(tenant.token, 'DELETE', '/extensions/1003');
    await dialplane.api(tenant.token, 'PUT', '/extensions/1002', { status: 'disabled' });
    const numbers = async (query = '', token?: string): Promise<string[]> =>
      (await lines(query, token)).slice(1).map((line) => line.slice(0, 4));
    expect(await numbers()).toEqual(['1001', '1002']);
    expect(await numbers('?search=sal')).toEqual(['1001']);
    expect(await numbers('?status=disabled')).toEqual(['1002']);
    expect(await numbers('?search=%25')).toEqual([]);
    const supervisor = await dialplane.token(tenant.tenant, 'supervisor');
    expect(await numbers('', supervisor)).toEqual([]);
    const reader = await dialplane.token(tenant.tenant, 'read_only');
    expect(await numbers('', reader)).toEqual(['1001', '1002']);
    expect((await exported('?status=x')).status).toBe(422);
    expect((await exported('', await dialplane.token(tenant.tenant, 'agent'))).status).toBe(403);
  });

  it('has no cell that a spreadsheet takes for a formula, and is imported again without a change', async () => {
    const team = await addTeam(dialplane, tenant, 'Sales');
    const callerId = await addCallerId(dialplane, tenant, '0900000020');
    for (const [i, display_name] of NAMES.entries()) {
      const more =
        i === 0 ? { team_id: team.id, outbound_caller_id: '+84900000020' } : { voicemail_pin: '1234' };
      await create({ extension_number: String(1001 + i), display_name, voicemail_email: '+x@b.cc', ...more });
    }
    await dialplane.api(tenant.token, 'PUT', '/extensions/1003', { status: 'disabled' });
    // One that has it may keep it.
    await dialplane.dataSource.manager.update(CallerId, callerId.id, { status: 'inactive' });
    const tables = ['extensions', 'audit_entries', 'revocations', 'revocation_nodes', 'teams'];
    const dump = (): Promise<unknown[]> =>
      Promise.all(tables.map((table) => dialplane.dataSource.query(`SELECT * FROM ${table}`)));
    const before = await dump();
    const { text } = await exported();
    expect(text).not.toMatch(/(^|,)"?[=+\-@\t]/m);
    // One that splits at `;` sees cells, and quotes around them, of its own.
    expect(text).not.toMatch(/(^|;)"*[=+\-@\t]/m);
    for (const query of ['?action=update', '?action=upsert', '?action=upsert&mode=per_row']) {
      const job = await importFile(dialplane, tenant.token, text, query);
      expect(job).toMatchObject({
        status: 'done',
        updated: 0,
        created: 0,
        failed: 0,
        unchanged: NAMES.length,
      });
    }
    expect(await dump()).toEqual(before);
    expect((await exported()).text).toBe(text);
  });

  it('is known as UTF-8 to a spreadsheet, and to an import', async () => {
    await create({ extension_number: '1001', display_name: 'Trần Đỗ' });
    const file = await dialplane.download(tenant.token, '/extensions/export');
    expect(file.toString()).toBe(`\uFEFF${HEADER}\r\n1001,Trần Đỗ,,active,false,,,none,2,false\r\n`);
    expect(await importFile(dialplane, tenant.token, file, '?action=update')).toMatchObject({
      status: 'done',
      unchanged: 1,
    });
  });

  it('makes the same extensions in another account', async () => {
    for (const [i, display_name] of NAMES.entries()) {
      await create({ extension_number: String(1001 + i), display_name, max_concurrent: (i % 10) + 1 });
    }
    const { text } = await exported();
    const other = await dialplane.tenant();
    expect(await importFile(dialplane, other.token, text)).toMatchObject({ created: NAMES.length });
    expect((await exported('', other.token)).text).toBe(text);
    const { body } = await dialplane.api<{ data: { display_name: string }[] }>(
      other.token,
      'GET',
      '/extensions',
    );
    expect(body.data.map(({ display_name }) => display_name)).toEqual(NAMES);
  });

  it('of very many has each once', async () => {
    await fill(2_500, null);
    const all = (await lines()).slice(1).map((line) => line.split(',')[0]);
    expect(all).toEqual(Array.from({ length: 2_500 }, (_, i) => String(i + 1).padStart(6, '0')));
  });

  it('does not wait for a client that takes nothing', async () => {
    await fill(20_000, '👩‍💻'.repeat(33));
    dialplane.get(CsvLimits).stuck = 300;
    const server = dialplane.get(HttpAdapterHost).httpAdapter.getHttpServer() as Server;
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const { hostname, port } = new URL(dialplane.url);
    const client = connect(Number(port), hostname);
    client.on('error', () => undefined);
    client.write(
      `GET /api/pbx/extensions/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenant.token}\r\n\r\n`,
    );
    const [connection] = await accepted;
    await once(connection, 'close');
    client.destroy();
    expect(connection.bytesWritten).toBeGreaterThan(1_000);
    expect(connection.bytesWritten).toBeLessThan(20_000 * 33 * 11);
  });
});
