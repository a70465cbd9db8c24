import { type Answer, Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';
import { addCallerId } from '../harness/records';

interface CallerId {
  number: string;
  display_name: string | null;
  carrier: string;
  cli_type: string;
  status: string;
  is_default: boolean;
  created_at: string;
  updated_at: string;
}

interface Body {
  data: CallerId;
  message: string;
  errors: Record<string, string[]>;
}

interface Deeds {
  data: { action: string; resource: string; changes: Record<string, unknown> }[];
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/;

describeOnEach('caller IDs', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });
  afterAll(() => dialplane.stop());

  const api = <T = Body>(method: string, path: string, body?: unknown, token = tenant.token) =>
    dialplane.api<T>(token, method, path, body);
  const numbers = async (query = ''): Promise<string[]> =>
    (await api<{ data: CallerId[] }>('GET', `/caller-ids${query}`)).body.data.map(({ number }) => number);
  const make = async (number: string, more: object = {}): Promise<CallerId> =>
    (await api('POST', '/caller-ids', { number, ...more })).body.data;
  const withTag = (method: string, path: string, tag: string, body?: unknown): Promise<Answer<Body>> =>
    dialplane.request<Body>(method, `/api/pbx${path}`, {
      headers: {
        Authorization: `Bearer ${tenant.token}`,
        'If-Match': tag,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const deeds = async (): Promise<Deeds['data']> =>
    (await api<Deeds>('GET', '/audit?resource_type=caller_id')).body.data;

  it('are made, with carrier and type guessed from the number', async () => {
    const made = await api('POST', '/caller-ids', {
      number: '0961234567',
      tenant_id: 999,
      status: 'inactive',
    });
    expect([made.status, made.body.data]).toEqual([
      201,
      {
        number: '0961234567',
        display_name: null,
        carrier: 'viettel',
        cli_type: 'mobile',
        status: 'active',
        is_default: false,
        created_at: expect.stringMatching(TIME) as string,
        updated_at: expect.stringMatching(TIME) as string,
      },
    ]);
    expect(await make('19001234')).toMatchObject({ carrier: 'other', cli_type: 'hotline_1900' });
    const said = { carrier: 'landline', cli_type: 'brandname', display_name: 'Đà Nẵng' };
    expect(await make('+84941234567', said)).toMatchObject({ number: '+84941234567', ...said });
    expect((await api('GET', '/caller-ids/84961234567')).body.data).toEqual(made.body.data);
    expect((await deeds())[2]).toMatchObject({
      action: 'created',
      resource: '0961234567',
      changes: { carrier: { before: null, after: 'viettel' } },
    });
  });

  it.each([
    [{}, 'number', 'The number field is required.'],
    [{ number: '1234567' }, 'number', 'The number format is invalid.'],
    [{ number: 900000020 }, 'number', 'The number must be a string.'],
    [{ number: '84900000020' }, 'number', 'The number has already been taken.'],
    [{ number: '0900000021', carrier: 'x' }, 'carrier', 'The selected carrier is invalid.'],
    [{ number: '0900000021', cli_type: 1 }, 'cli_type', 'The selected cli type is invalid.'],
    [
      { number: '0900000021', is_default: 'yes' },
      'is_default',
      'The is default field must be true or false.',
    ],
  ])('refuse %j', async (body, field, sentence) => {
    await make('0900000020');
    const refused = await api('POST', '/caller-ids', body);
    expect([refused.status, refused.body.errors]).toEqual([422, { [field]: [sentence] }]);
    expect(await numbers('?status=all')).toEqual(['0900000020']);
  });

  it('have no more than 15 digits with their country', async () => {
    for (const [countryCode, most] of [
      ['84', 14],
      ['856', 13],
    ] as const) {
      tenant = await dialplane.tenant({ countryCode });
      const [longest, longer] = [most, most + 1].map((digits) => `0${'9'.repeat(digits - 1)}`);
      const invalid = ['The number format is invalid.'];
      for (const number of [longer, `+${longer}`, `0${'9'.repeat(14)}`]) {
        const refused = await api('POST', '/caller-ids', { number });
        expect([refused.status, refused.body.errors]).toEqual([422, { number: invalid }]);
        const imported = await api('POST', '/caller-ids/import', {
          caller_ids: [{ number }, { number: 'x' }],
        });
        const both = { 'caller_ids.0.number': invalid, 'caller_ids.1.number': invalid };
        expect([imported.status, imported.body.errors]).toEqual([422, both]);
        expect((await api('GET', `/caller-ids/${number}`)).status).toBe(404);
        const extension = { extension_number: '1001', outbound_caller_id: number };
        expect((await api('POST', '/extensions', extension)).status).toBe(422);
      }
      expect((await api('POST', '/caller-ids', { number: longest })).status).toBe(201);
      expect((await api('POST', '/caller-ids', { number: '9'.repeat(15) })).status).toBe(201);
    }
  });

  it('are one and the same however their number is written', async () => {
    await make('+84900000020');
    for (const written of ['0900000020', '84900000020', '+84900000020', '%2B84900000020']) {
      const found = await api('GET', `/caller-ids/${written}`);
      expect([found.status, found.body.data?.number]).toEqual([200, '+84900000020']);
    }
    for (const written of ['0900000021', '900000020', 'abc', '0', '+', '0900000020%20']) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? {} : undefined;
        expect([written, (await api(method, `/caller-ids/${written}`, body)).status]).toEqual([written, 404]);
      }
    }
  });

  it('are changed in what is sent, and say so in the audit', async () => {
    const before = await make('0900000020', { display_name: 'Sales' });
    const changed = await api('PUT', '/caller-ids/0900000020', {
      number: '84900000020',
      display_name: '',
      carrier: 'viettel',
      created_at: 'x',
    });
    expect(changed.status).toBe(200);
    expect(changed.body.data).toMatchObject({
      number: '0900000020',
      display_name: null,
      carrier: 'viettel',
      cli_type: before.cli_type,
      created_at: before.created_at,
    });
    expect((await deeds())[0]).toMatchObject({
      action: 'updated',
      changes: {
        display_name: { before: 'Sales', after: null },
        carrier: { before: 'mobifone', after: 'viettel' },
      },
    });
    await api('PUT', '/caller-ids/0900000020', { carrier: 'viettel' });
    expect(await deeds()).toHaveLength(2);
    const renumbered = await api('PUT', '/caller-ids/0900000020', { number: '0900000021' });
    expect(renumbered.body.errors).toEqual({ number: ['The number cannot be changed.'] });
  });

  it('are listed by status', async () => {
    for (const number of ['0900000020', '0900000021']) await make(number);
    await api('PUT', '/caller-ids/0900000021', { status: 'inactive' });
    expect(await numbers()).toEqual(['0900000020']);
    expect(await numbers('?status=inactive')).toEqual(['0900000021']);
    expect(await numbers('?status=all&search=21')).toEqual(['0900000021']);
    expect(await numbers('?status=all')).toEqual(['0900000020', '0900000021']);
    expect((await api('GET', '/caller-ids?status=x')).status).toBe(422);
  });

  it('are found however their number is typed', async () => {
    for (const number of ['+84911111111', '0922222222', '19001234']) await make(number);
    const search = (typed: string): Promise<string[]> => numbers(`?search=${encodeURIComponent(typed)}`);
    for (const typed of ['0911111111', '84911111111', '+84911111111', '0911', '11111']) {
      expect([typed, await search(typed)]).toEqual([typed, ['+84911111111']]);
    }
    for (const typed of ['+84922222222', '84922222222', '+84922', '0922222222']) {
      expect([typed, await search(typed)]).toEqual([typed, ['0922222222']]);
    }
    expect(await search('19001234')).toEqual(['19001234']);
    for (const typed of ['0911111112', '84', '+1', '0%'])
      expect([typed, await search(typed)]).toEqual([typed, typed === '84' ? ['+84911111111'] : []]);
  });

  it('are not given to an extension while inactive', async () => {
    await make('0900000020');
    await api('PUT', '/caller-ids/0900000020', { status: 'inactive' });
    const given = { extension_number: '1001', outbound_caller_id: '0900000020' };
    expect((await api('POST', '/extensions', given)).body.errors).toEqual({
      outbound_caller_id: ['The selected outbound caller id is invalid.'],
    });
  });

  it('that became inactive may stay with an extension, which is changed as it was read', async () => {
    for (const number of ['0900000020', '0900000021']) await make(number);
    await api('POST', '/extensions', { extension_number: '1001', outbound_caller_id: '0900000020' });
    for (const number of ['0900000020', '0900000021']) {
      await api('PUT', `/caller-ids/${number}`, { status: 'inactive' });
    }
    const { data } = (await api<{ data: object }>('GET', '/extensions/1001')).body;
    const same = await api<{ data: object }>('PUT', '/extensions/1001', data);
    expect([same.status, data]).toMatchObject([200, same.body.data]);
    const renamed = await api<{ data: object }>('PUT', '/extensions/1001', { ...data, display_name: 'B' });
    expect([renamed.status, renamed.body.data]).toMatchObject([
      200,
      { display_name: 'B', outbound_caller_id: '0900000020' },
    ]);
    const other = await api('PUT', '/extensions/1001', { outbound_caller_id: '0900000021' });
    expect([other.status, other.body.errors]).toEqual([
      422,
      { outbound_caller_id: ['The selected outbound caller id is invalid.'] },
    ]);
    await api('PUT', '/caller-ids/0900000020', { status: 'active' });
    expect((await api('DELETE', '/caller-ids/0900000020')).status).toBe(409);
  });

  it('one at most is the default', async () => {
    await make('0900000020', { is_default: true });
    expect(await make('0900000021', { is_default: true })).toMatchObject({ is_default: true });
    const first = await api('GET', '/caller-ids/0900000020');
    expect(first.body.data.is_default).toBe(false);
    expect((await deeds())[0]).toMatchObject({
      resource: '0900000020',
      changes: { is_default: { before: true, after: false } },
    });
    await api('PUT', '/caller-ids/0900000021', { is_default: false });
    expect((await api('GET', '/caller-ids/0900000021')).body.data.is_default).toBe(false);
    await api('PUT', '/caller-ids/0900000020', { status: 'inactive' });
    const refused = await api('PUT', '/caller-ids/0900000020', { is_default: true });
    expect(refused.body.errors).toEqual({
      is_default: ['The is default field must be false for an inactive caller ID.'],
    });
    const both = await api('PUT', '/caller-ids/0900000020', { is_default: true, status: 'active' });
    expect(both.body.data).toMatchObject({ is_default: true, status: 'active' });
  });

  it('that are in use cannot be deleted; of deleted extensions they are taken', async () => {
    await make('0900000020');
    for (const extension_number of ['1001', '1002', '1003']) {
      await api('POST', '/extensions', { extension_number, outbound_caller_id: '84900000020' });
    }
    const used = await api('DELETE', '/caller-ids/0900000020');
    expect([used.status, used.body]).toEqual([409, { message: 'The caller ID is used by 3 extensions.' }]);
    for (const number of ['1001', '1002']) await api('DELETE', `/extensions/${number}`);
    expect((await api('DELETE', '/caller-ids/0900000020')).body.message).toBe(
      'The caller ID is used by 1 extension.',
    );
    await api('DELETE', '/extensions/1003');
    await api('PUT', '/caller-ids/0900000020', { is_default: true });
    expect((await api('DELETE', '/caller-ids/0900000020')).body.message).toBe(
      'The caller ID is the default caller ID of the account.',
    );
    await api('PUT', '/caller-ids/0900000020', { is_default: false });
    const deleted = await api('DELETE', '/caller-ids/0900000020');
    expect([deleted.status, deleted.body]).toEqual([200, { data: { deleted: true } }]);
    expect((await api('GET', '/caller-ids/0900000020')).status).toBe(404);
    expect((await deeds())[0]).toMatchObject({ action: 'deleted', changes: { status: { after: null } } });
    const restored = await api<{ data: object }>('POST', '/extensions/1003/restore');
    expect(restored.body.data).toMatchObject({ extension_number: '1003', outbound_caller_id: null });
    expect((await api('POST', '/caller-ids', { number: '0900000020' })).status).toBe(201);
  });

  it('are changed and deleted only as they were read', async () => {
    await make('0900000020');
    const tag = (await api('GET', '/caller-ids/0900000020')).headers.get('etag') ?? '';
    const changed = await withTag('PUT', '/caller-ids/0900000020', tag, { display_name: 'New' });
    expect(changed.status).toBe(200);
    expect((await withTag('PUT', '/caller-ids/0900000020', tag, { display_name: 'Lost' })).status).toBe(412);
    expect((await withTag('DELETE', '/caller-ids/0900000020', tag)).status).toBe(412);
    const now = changed.headers.get('etag') ?? '';
    expect((await api('GET', '/caller-ids/0900000020')).headers.get('etag')).toBe(now);
    expect((await withTag('DELETE', '/caller-ids/0900000020', now)).status).toBe(200);
  });

  it('of another account are not there', async () => {
    const other = await dialplane.tenant();
    await addCallerId(dialplane, other, '0900000020');
    expect((await api('GET', '/caller-ids/0900000020')).status).toBe(404);
    expect((await api('PUT', '/caller-ids/0900000020', { status: 'inactive' })).status).toBe(404);
    expect((await api('DELETE', '/caller-ids/0900000020')).status).toBe(404);
    expect((await api('POST', '/caller-ids', { number: '0900000020', is_default: true })).status).toBe(201);
    const theirs = await api('GET', '/caller-ids/0900000020', undefined, other.token);
    expect(theirs.body.data).toMatchObject({ status: 'active', is_default: false });
  });

  it('are for admins to change, and for supervisors and readers to read', async () => {
    await make('0900000020');
    for (const role of ['supervisor', 'read_only', 'agent'] as const) {
      const token = await dialplane.token(tenant.tenant, role);
      const status = async (method: string, path: string, body?: unknown): Promise<number> =>
        (await api(method, path, body, token)).status;
      const read = role === 'agent' ? 403 : 200;
      expect([role, await status('GET', '/caller-ids/0900000020')]).toEqual([role, read]);
      expect(await status('POST', '/caller-ids', { number: '0900000021' })).toBe(403);
      expect(await status('POST', '/caller-ids/import', { caller_ids: [] })).toBe(403);
      expect(await status('PUT', '/caller-ids/0900000020', {})).toBe(403);
      expect(await status('DELETE', '/caller-ids/0900000020')).toBe(403);
    }
  });
});
