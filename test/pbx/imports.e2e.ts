import { AuditEntry } from '../../src/schema/audit-entry.entity';
import { Extension } from '../../src/schema/extension.entity';
import { Dialplane, type TestTenant } from '../harness/dialplane';
import { importFile, type Job, overJob, postImport } from '../harness/imports';
import { describeOnEach } from '../harness/lanes';
import { addCallerId, addTeam } from '../harness/records';

interface Row {
  extension_number: string;
  display_name: string | null;
  updated_at: string;
}

describeOnEach('an import', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });

  const post = <T = { message: string; errors: Record<string, string[]> }>(
    file: string | Buffer | { rows: unknown },
    query = '',
  ) => postImport<T>(dialplane, tenant.token, file, query);
  const run = (file: string | { rows: unknown }, query = '') =>
    importFile(dialplane, tenant.token, file, query);
  const list = async (): Promise<Row[]> => {
    const answer = await dialplane.api<{ data: Row[] }>(tenant.token, 'GET', '/extensions?per_page=200');
    return answer.body.data;
  };
  const numbers = async (): Promise<string[]> => (await list()).map((row) => row.extension_number);
  const counts = ({ status, created, updated, unchanged, failed }: Job) =>
    [status, created, updated, unchanged, failed] as const;
  const create = (body: object) => dialplane.api(tenant.token, 'POST', '/extensions', body);
  const audit = () =>
    dialplane.dataSource.manager.find(AuditEntry, {
      where: { tenantId: tenant.tenant.id },
      order: { seq: 'ASC' },
    });
  const row = (number: string) =>
    dialplane.dataSource.manager.findOneByOrFail(Extension, {
      tenantId: tenant.tenant.id,
      liveNumber: number,
    });

  it('makes what a file says, on every column', async () => {
    const team = await addTeam(dialplane, tenant, 'Sales');
    await addCallerId(dialplane, tenant, '0900000020');
    const file = [
      '\uFEFFextension_number;display_name;team_id;status;sip_password;voicemail_enabled;voicemail_pin;voicemail_email;outbound_caller_id;recording_mode;max_concurrent;tls_enabled',
      `1001;Nguyễn Thị Ánh 👩‍💻;${team.id};disabled;chosen-password;TRUE;1234;a@b.cc;0900000020;all;3;1`,
      '1002;;;;;;;;;;;',
      '',
    ].join('\r\n');
    expect(counts(await run(file))).toEqual(['done', 2, 0, 0, 0]);
    const { body } = await dialplane.api<{ data: Row[] }>(tenant.token, 'GET', '/extensions');
    expect(body.data).toMatchObject([
      {
        ...{ extension_number: '1001', display_name: 'Nguyễn Thị Ánh 👩‍💻', team_id: team.id },
        ...{ status: 'disabled', voicemail_enabled: true, outbound_caller_id: '0900000020' },
        ...{ recording_mode: 'all', max_concurrent: 3, tls_enabled: true },
      },
      {
        ...{ extension_number: '1002', display_name: null, team_id: null, status: 'active' },
        ...{ voicemail_enabled: false, recording_mode: 'none', max_concurrent: 2, tls_enabled: false },
      },
    ]);
    expect(await row('1001')).toMatchObject({ voicemailEmail: 'a@b.cc' });
  });

  it('is accepted, and told of where Location says', async () => {
    const answer = await post<{ data: Job }>('extension_number\n1001\n', '?mode=per_row');
    const { id } = answer.body.data;
    expect([answer.status, answer.headers.get('location')]).toEqual([
      202,
      `/api/pbx/extensions/imports/${id}`,
    ]);
    expect(answer.body.data).toMatchObject({
      ...{ status: 'queued', action: 'create', mode: 'per_row', dry_run: false, total: 1, processed: 0 },
      ...{ percent: 0, errors: [], passwords_available: false, message: null, finished_at: null },
    });
    const job = await overJob(dialplane, tenant.token, id);
    expect(job).toMatchObject({ status: 'done', processed: 1, percent: 100, created: 1, failed: 0 });
    const all = await dialplane.api<{ data: Job[]; total: number }>(
      tenant.token,
      'GET',
      '/extensions/imports',
    );
    expect(all.body).toMatchObject({ total: 1, current_page: 1, last_page: 1, per_page: 50 });
    const { errors, ...rest } = job;
    expect([errors, all.body.data]).toEqual([[], [rest]]);
  });

  const WRONG = [
    'extension_number,display_name,max_concurrent,team_id,voicemail_enabled,sip_password,recording_mode',
    '1001,taken,2,,,,',
    '1002,fine,2,,,,',
    '12,x,11,,,,',
    `1003,"two\nlines",x,999999,maybe,short,loud`,
    '1002,again,2,,,,',
    ',none,2,,,,',
    '1004,too,many,cells,in,this,row,x',
  ].join('\n');
  const WRONG_TOLD = [
    [2, '1001', { extension_number: ['The extension number has already been taken.'] }],
    [
      4,
      '12',
      {
        extension_number: ['The extension number format is invalid.'],
        max_concurrent: ['The max concurrent must be between 1 and 10.'],
      },
    ],
    [
      5,
      '1003',
      {
        display_name: ['The display name format is invalid.'],
        max_concurrent: ['The max concurrent must be an integer.'],
        team_id: ['The selected team id is invalid.'],
        voicemail_enabled: ['The voicemail enabled field must be true or false.'],
        sip_password: ['The sip password must be at least 8 characters.'],
        recording_mode: ['The selected recording mode is invalid.'],
      },
    ],
    [7, '1002', { extension_number: ['The extension number field has a duplicate value.'] }],
    [8, '', { extension_number: ['The extension number field is required.'] }],
  ];
  const told = ({ errors }: Job) =>
    errors.map(({ line, extension_number, errors }) => [line, extension_number, errors]);

  it.each([
    ['?dry_run=true', 'done', 1, null],
    ['?mode=per_row&dry_run=true', 'done', 1, null],
    ['', 'failed', 0, 'Nothing was changed: there are rows with errors.'],
  ])(
    'with errors, %j, changes nothing and lists every error by line',
    async (query, status, created, message) => {
      await create({ extension_number: '1001' });
      const before = [await list(), await audit()];
      const job = await run(WRONG, query);
      expect([...counts(job), job.message]).toEqual([status, created, 0, 0, 6, message]);
      expect(told(job)).toEqual([
        ...WRONG_TOLD,
        [9, '1004', expect.objectContaining({ row: ['The row has 8 cells, but the header has 7.'] })],
      ]);
      expect([await list(), await audit()]).toEqual(before);
    },
  );

  it('is over for nobody before its errors are there', async () => {
    const untrue: Job[] = [];
    for (let turn = 0; turn < 10; turn++) {
      const { id } = (await postImport(dialplane, tenant.token, WRONG, '?dry_run=true')).body.data;
      const over = Array.from({ length: 8 }, () => overJob(dialplane, tenant.token, id));
      for (const job of await Promise.all(over)) if (job.errors.length !== job.failed) untrue.push(job);
    }
    expect(untrue).toEqual([]);
  });

  it('row by row leaves out those with errors', async () => {
    await create({ extension_number: '1001' });
    const job = await run(WRONG, '?mode=per_row');
    expect(counts(job)).toEqual(['done', 1, 0, 0, 6]);
    expect(told(job).slice(0, 5)).toEqual(WRONG_TOLD);
    expect((await list()).map((each) => each.display_name)).toEqual([null, 'fine']);
  });

  it('of JSON takes the values as a single create does', async () => {
    const rows = [
      { extension_number: '1001', display_name: '', max_concurrent: 3, voicemail_enabled: true },
      { extension_number: 1002 },
      { extension_number: '1003', voicemail_enabled: 'true' },
      {},
    ];
    const job = await run({ rows }, '?mode=per_row');
    expect(told(job)).toEqual([
      [2, null, { extension_number: ['The extension number must be a string.'] }],
      [3, '1003', { voicemail_enabled: ['The voicemail enabled field must be true or false.'] }],
      [4, null, { extension_number: ['The extension number field is required.'] }],
    ]);
    expect(await list()).toMatchObject([{ extension_number: '1001', display_name: null, max_concurrent: 3 }]);
  });

  it('is taken on once under an idempotency key', async () => {
    const send = (body: string) =>
      dialplane.request<{ data: Job }>('POST', '/api/pbx/extensions/import', {
        headers: {
          ...{ Authorization: `Bearer ${tenant.token}`, 'Content-Type': 'text/csv' },
          'Idempotency-Key': tenant.tenant.domain,
        },
        body,
      });
    const first = await send('extension_number\n1001\n');
    const again = await send('extension_number\n1001\n');
    expect([again.status, again.body]).toEqual([202, first.body]);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect((await send('extension_number\n1002\n')).status).toBe(422);
    await overJob(dialplane, tenant.token, first.body.data.id);
    expect(await numbers()).toEqual(['1001']);
  });

  it('makes each number of a range', async () => {
    const job = await run('extension_number,display_name\n0998-1003,Desk\n1003,Other\n', '?mode=per_row');
    expect(counts(job)).toEqual(['done', 6, 0, 0, 1]);
    expect(job.total).toBe(7);
    expect(await list()).toMatchObject(
      ['0998', '0999', '1000', '1001', '1002', '1003'].map((extension_number) => ({
        extension_number,
        display_name: 'Desk',
      })),
    );
    const wrong = await run({
      rows: ['1003-1000', '999-1000', '10-20', '1000-', '1-2-3'].map((extension_number) => ({
        extension_number,
      })),
    });
    expect(new Set(wrong.errors.map(({ errors }) => errors.extension_number?.[0]))).toEqual(
      new Set(['The extension number format is invalid.']),
    );
    expect(wrong.failed).toBe(5);
  });

  it.each(['\r\n', '\n', '\r'])('may end its lines with %j', async (end) => {
    // As a spreadsheet leaves them behind.
    const blank = Array.from({ length: 25_000 }, (_, i) => (i % 2 ? ',,' : ''));
    const lines = [
      'extension_number,display_name,voicemail_enabled',
      '1001,A,TRUE',
      ...blank,
      '1002,"B, C",0',
      '1002,,',
    ];
    const job = await run(lines.join(end), '?mode=per_row');
    expect([...counts(job), job.errors[0]?.line]).toEqual(['done', 2, 0, 0, 1, 25_004]);
    expect(await list()).toMatchObject([
      { display_name: 'A', voicemail_enabled: true },
      { display_name: 'B, C', voicemail_enabled: false },
    ]);
  });

  it('takes ten thousand rows, however long their names', async () => {
    const name = '👩'.repeat(100);
    const email = `${'a'.repeat(64)}@${'b'.repeat(60)}.test`;
    const rows = Array.from({ length: 10_000 }, (_, i) => `${100_000 + i},${name},${email}`);
    const file = ['extension_number,display_name,voicemail_email', ...rows].join('\n');
    expect(Buffer.byteLength(file)).toBeGreaterThan(5_300_000);
    expect(counts(await run(file, '?dry_run=true'))).toEqual(['done', 10_000, 0, 0, 0]);
  });

  it('changes what differs, and nothing else', async () => {
    await addCallerId(dialplane, tenant, '0900000020');
    const full = { display_name: 'A', voicemail_email: 'a@b.cc', voicemail_pin: '1234', max_concurrent: 3 };
    for (const number of ['1001', '1002', '1003']) {
      await create({ extension_number: number, ...full, outbound_caller_id: '0900000020' });
    }
    await dialplane.dataSource.query("UPDATE extensions SET updated_at = '2026-01-01 00:00:00'");
    const before = await row('1003');
    const file = [
      'extension_number,display_name,voicemail_email,voicemail_pin,max_concurrent,outbound_caller_id',
      '1001,B,,1234,,0900000020',
      '1002,A,a@b.cc,1234,3,0900000020',
      '1003,A,a@b.cc,1234,3,0900000020',
      '1004,A,a@b.cc,1234,3,0900000020',
    ].join('\n');
    const job = await run(file, '?action=update&mode=per_row');
    expect([...counts(job), ...told(job)]).toEqual([
      ...['done', 0, 1, 2, 1],
      [5, '1004', { extension_number: ['The selected extension number is invalid.'] }],
    ]);
    expect(await row('1001')).toMatchObject({ displayName: 'B', voicemailEmail: null, maxConcurrent: 3 });
    expect(await row('1003')).toEqual(before);
    const entries = (await audit()).slice(-2);
    expect(
      entries.map(({ action, resource, changes }) => [action, resource, JSON.parse(changes) as unknown]),
    ).toEqual([
      [
        'updated',
        '1001',
        { display_name: { before: 'A', after: 'B' }, voicemail_email: { before: 'a@b.cc', after: null } },
      ],
      [
        'imported',
        String(job.id),
        expect.objectContaining({ updated: { before: null, after: 1 }, failed: { before: null, after: 1 } }),
      ],
    ]);
    expect(entries[0]).toMatchObject({ actorKind: 'token', actorId: Number(tenant.token.split('|')[0]) });
  });

  it('makes what is not there and changes the rest, once', async () => {
    await create({ extension_number: '1001', display_name: 'A' });
    const rows = [
      { extension_number: '1001', display_name: 'B', sip_password: 'chosen-password' },
      { extension_number: '1002', sip_password: 'chosen-password', status: 'disabled' },
    ];
    expect(counts(await run({ rows }, '?action=upsert'))).toEqual(['done', 1, 1, 0, 0]);
    const entries = await audit();
    expect(counts(await run({ rows }, '?action=upsert'))).toEqual(['done', 0, 0, 2, 0]);
    expect(await audit()).toEqual(entries);
    expect(JSON.stringify(entries)).not.toContain('chosen-password');
    expect((await row('1001')).passwordChangedAt).not.toBeNull();
    expect((await row('1002')).passwordChangedAt).toBeNull();
  });

  it('of JSON may be repeated, null where nothing is said', async () => {
    const nothing = { display_name: null, team_id: null, sip_password: null, outbound_caller_id: null };
    const rest = { voicemail_enabled: null, recording_mode: null, max_concurrent: null, tls_enabled: null };
    const rows = [{ extension_number: '1001', status: null, ...nothing, ...rest }];
    expect(counts(await run({ rows }, '?action=upsert'))).toEqual(['done', 1, 0, 0, 0]);
    expect(counts(await run({ rows }, '?action=upsert'))).toEqual(['done', 0, 0, 1, 0]);
    await dialplane.api(tenant.token, 'PUT', '/extensions/1001', { max_concurrent: 5, status: 'disabled' });
    expect(counts(await run({ rows }, '?action=update'))).toEqual(['done', 0, 0, 1, 0]);
    expect(await row('1001')).toMatchObject({ maxConcurrent: 5, status: 'disabled' });
    const none = await run({ rows: [{ extension_number: null }] }, '?action=upsert');
    expect(told(none)).toEqual([
      [1, null, { extension_number: ['The extension number field is required.'] }],
    ]);
  });

  it('keeps to how many extensions the account may have', async () => {
    tenant = await dialplane.tenant({ maxExtensions: 3 });
    await create({ extension_number: '2000' });
    const sentence = 'The account may not have more than 3 extensions.';
    const refused = await run('extension_number\n1000-1003\n');
    expect(told(refused)).toEqual([
      [2, '1002', { extension_number: [sentence] }],
      [2, '1003', { extension_number: [sentence] }],
    ]);
    expect(await numbers()).toEqual(['2000']);
    expect(counts(await run('extension_number\n1000-1003\n', '?mode=per_row'))).toEqual(['done', 2, 0, 0, 2]);
    expect(await numbers()).toEqual(['1000', '1001', '2000']);
  });

  it('may name only teams and caller IDs that there are', async () => {
    const other = await dialplane.tenant();
    const theirs = await addTeam(dialplane, other, 'Theirs');
    await addCallerId(dialplane, other, '0900000021');
    await addCallerId(dialplane, tenant, '0900000022', 'inactive');
    await addCallerId(dialplane, tenant, '0900000023');
    const job = await run(
      {
        rows: [
          { extension_number: '1001', team_id: theirs.id, outbound_caller_id: '0900000021' },
          { extension_number: '1002', outbound_caller_id: '0900000022' },
          { extension_number: '1003', outbound_caller_id: '+84900000023' },
        ],
      },
      '?mode=per_row',
    );
    const callerId = ['The selected outbound caller id is invalid.'];
    expect(told(job)).toEqual([
      [1, '1001', { team_id: ['The selected team id is invalid.'], outbound_caller_id: callerId }],
      [2, '1002', { outbound_caller_id: callerId }],
    ]);
    expect(await row('1003')).toMatchObject({ outboundCallerIdAsSent: '+84900000023' });
  });
});
