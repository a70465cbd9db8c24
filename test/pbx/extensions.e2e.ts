import { type Answer, Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';
import { addCallerId, addTeam } from '../harness/records';

interface Extension {
  extension_number: string;
  display_name: string | null;
  outbound_caller_id: string | null;
  status: string;
  team_id: number | null;
  department_id: number | null;
  max_concurrent: number;
  created_at: string;
  updated_at: string;
  sip_password: string;
  generated_password: boolean;
  sip_registration: string;
}

interface Page {
  current_page: number;
  data: Extension[];
  last_page: number;
  per_page: number;
  total: number;
}

interface Failure {
  message: string;
  errors?: Record<string, string[]>;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/;
const LIST_FIELDS = [
  'extension_number',
  'display_name',
  'voicemail_enabled',
  'outbound_caller_id',
  'recording_mode',
  'status',
  'team_id',
  'department_id',
  'max_concurrent',
  'tls_enabled',
  'created_at',
  'updated_at',
];

describeOnEach('/api/pbx/extensions', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });

  const api = <T>(method: string, path: string, body?: unknown): Promise<Answer<T>> =>
    dialplane.api<T>(tenant.token, method, `/extensions${path}`, body);
  const create = async (body: object): Promise<Extension> =>
    (await api<{ data: Extension }>('POST', '', body)).body.data;
  const list = async (query = ''): Promise<Page> => (await api<Page>('GET', query)).body;

  describe('POST', () => {
    it('makes an extension with a password of 24 letters and digits, shown once', async () => {
      const answer = await api<{ data: Extension }>('POST', '', { extension_number: '9001' });
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
      expect(answer.body.data).toEqual({
        extension_number: '9001',
        display_name: null,
        voicemail_enabled: false,
        outbound_caller_id: null,
        recording_mode: 'none',
        status: 'active',
        team_id: null,
        department_id: null,
        max_concurrent: 2,
        tls_enabled: false,
        created_at: expect.stringMatching(TIME) as string,
        updated_at: expect.stringMatching(TIME) as string,
        sip_password: expect.stringMatching(/^[A-Za-z0-9]{24}$/) as string,
        generated_password: true,
      });
      const detail = await api<{ data: Extension }>('GET', '/9001');
      expect(Object.keys(detail.body.data)).toEqual([...LIST_FIELDS, 'sip_registration']);
    });

    it('takes every field', async () => {
      const team = await addTeam(dialplane, tenant, 'Sales', { department: 'Revenue' });
      await addCallerId(dialplane, tenant, '0900000020');
      const made = await create({
        extension_number: '9001',
        display_name: 'Sales 01',
        team_id: team.id,
        sip_password: 'chosen by me',
        voicemail_enabled: true,
        voicemail_pin: '1234',
        recording_mode: 'all',
        max_concurrent: 5,
        outbound_caller_id: '0900000020',
      });
      expect(made).toMatchObject({
        display_name: 'Sales 01',
        team_id: team.id,
        department_id: team.departmentId,
        sip_password: 'chosen by me',
        generated_password: false,
        voicemail_enabled: true,
        recording_mode: 'all',
        max_concurrent: 5,
        outbound_caller_id: '0900000020',
      });
    });

    it('says all that is wrong with what is looked up, field by field', async () => {
      await create({ extension_number: '1001' });
      const wrong = { outbound_caller_id: '0911111199', team_id: 99 };
      const sentences = {
        team_id: ['The selected team id is invalid.'],
        outbound_caller_id: ['The selected outbound caller id is invalid.'],
      };
      const made = await api<Failure>('POST', '', { extension_number: '1001', ...wrong });
      expect([made.status, made.body.errors]).toEqual([
        422,
        { extension_number: ['The extension number has already been taken.'], ...sentences },
      ]);
      const changed = await api<Failure>('PUT', '/1001', { extension_number: '1002', ...wrong });
      expect(changed.body.errors).toEqual({
        extension_number: [expect.stringContaining('cannot be changed')],
        ...sentences,
      });
    });

    it('ignores fields it does not know, also those that a row has', async () => {
      const made = await create({
        extension_number: '9001',
        id: 7,
        tenant_id: 99,
        status: 'disabled',
        deleted_at: 'x',
      });
      expect(made.status).toBe('active');
      expect(await list()).toMatchObject({ total: 1 });
    });

    it('takes a caller ID in either form and answers in the form that was sent', async () => {
      await addCallerId(dialplane, tenant, '0900000020');
      for (const form of ['84900000020', '+84900000020', '0900000020']) {
        const number = `9${form.replace(/\D/g, '').slice(-3)}${form.length}`;
        expect(await create({ extension_number: number, outbound_caller_id: form })).toMatchObject({
          outbound_caller_id: form,
        });
        expect((await api<{ data: Extension }>('GET', `/${number}`)).body.data.outbound_caller_id).toBe(form);
      }
    });

    it('refuses an inactive caller ID, and one of another tenant', async () => {
      await addCallerId(dialplane, tenant, '0900000020', 'inactive');
      await addCallerId(dialplane, await dialplane.tenant(), '0900000021');
      for (const number of ['0900000020', '0900000021', '0900000029', 'x']) {
        const answer = await api<Failure>('POST', '', {
          extension_number: '9001',
          outbound_caller_id: number,
        });
        expect(answer.body).toEqual({
          message: 'The given data was invalid.',
          errors: { outbound_caller_id: ['The selected outbound caller id is invalid.'] },
        });
      }
    });

    it('refuses a number that is taken, and lets one of two simultaneous creates through', async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => api<Failure>('POST', '', { extension_number: '9001' })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422, 422, 422, 422, 422, 422]);
      const refused = answers.find(({ status }) => status === 422);
      expect(refused?.body.errors).toEqual({
        extension_number: ['The extension number has already been taken.'],
      });
      expect((await list()).total).toBe(1);
    });

    it("holds to the tenant's limit, also when creates race for the last place", async () => {
      tenant = await dialplane.tenant({ maxExtensions: 3 });
      const numbers = ['9001', '9002', '9003', '9004', '9005', '9006'];
      const answers = await Promise.all(
        numbers.map((number) => api<Failure>('POST', '', { extension_number: number })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 422, 422, 422]);
      expect(answers.find(({ status }) => status === 422)?.body.errors).toEqual({
        extension_number: ['The account may not have more than 3 extensions.'],
      });
      const [first] = (await list()).data;
      await api('DELETE', `/${first?.extension_number}`);
      expect((await api('POST', '', { extension_number: '9009' })).status).toBe(201);
    });
  });

  describe('PUT', () => {
    beforeEach(() => create({ extension_number: '1001', display_name: 'Before', max_concurrent: 3 }));

    it('changes what it is sent and leaves the rest', async () => {
      const answer = await api<{ data: Extension }>('PUT', '/1001', {
        recording_mode: 'inbound',
        status: 'disabled',
      });
      expect(answer.status).toBe(200);
      expect(Object.keys(answer.body.data)).toEqual(LIST_FIELDS);
      expect(answer.body.data).toMatchObject({
        display_name: 'Before',
        max_concurrent: 3,
        recording_mode: 'inbound',
        status: 'disabled',
      });
    });

    it('clears what may be null', async () => {
      const team = await addTeam(dialplane, tenant, 'Sales');
      await addCallerId(dialplane, tenant, '0900000020');
      await api('PUT', '/1001', {
        team_id: team.id,
        outbound_caller_id: '0900000020',
        voicemail_pin: '4711',
      });
      const answer = await api<{ data: Extension }>('PUT', '/1001', {
        display_name: null,
        team_id: null,
        outbound_caller_id: null,
        voicemail_pin: null,
      });
      expect(answer.body.data).toMatchObject({ display_name: null, team_id: null, outbound_caller_id: null });
    });

    it.each([
      [{ extension_number: '1002' }, 'extension_number', /POST \/api\/pbx\/extensions/],
      [{ sip_password: 'long enough' }, 'sip_password', /change-password/],
      [{ sip_password: null }, 'sip_password', /change-password/],
    ])('refuses %j and names the right endpoint', async (body, field, sentence) => {
      const answer = await api<Failure>('PUT', '/1001', { ...body, display_name: 'After' });
      expect(answer.status).toBe(422);
      expect(answer.body.errors?.[field]?.[0]).toMatch(sentence);
      expect((await api<{ data: Extension }>('GET', '/1001')).body.data.display_name).toBe('Before');
    });

    it('takes the number it already has', async () => {
      expect((await api('PUT', '/1001', { extension_number: '1001', display_name: 'After' })).status).toBe(
        200,
      );
    });

    it('loses none of two changes at once', async () => {
      await Promise.all([
        api('PUT', '/1001', { display_name: 'After' }),
        api('PUT', '/1001', { max_concurrent: 7 }),
        api('PUT', '/1001', { recording_mode: 'all' }),
      ]);
      expect((await api<{ data: Extension }>('GET', '/1001')).body.data).toMatchObject({
        display_name: 'After',
        max_concurrent: 7,
        recording_mode: 'all',
      });
    });
  });

  describe('DELETE', () => {
    it('deletes, and gives the number back', async () => {
      await create({ extension_number: '1001', display_name: 'First' });
      const answer = await api('DELETE', '/1001');
      expect([answer.status, answer.body]).toEqual([200, { data: { deleted: true } }]);
      expect((await api('GET', '/1001')).status).toBe(404);
      expect((await api('DELETE', '/1001')).status).toBe(404);
      await create({ extension_number: '1001', display_name: 'Second' });
      await api('DELETE', '/1001');
      await create({ extension_number: '1001', display_name: 'Third' });
      expect((await list()).data.map((extension) => extension.display_name)).toEqual(['Third']);
    });
  });

  describe('change-password', () => {
    beforeEach(() => create({ extension_number: '1001' }));

    it.each([
      ['no body', undefined, /^[A-Za-z0-9]{24}$/, true],
      ['an empty object', {}, /^[A-Za-z0-9]{24}$/, true],
      ['null', { new_password: null }, /^[A-Za-z0-9]{24}$/, true],
      ["the client's own", { new_password: 'MyNewStrongPwd123' }, /^MyNewStrongPwd123$/, false],
    ])('rotates with %s', async (_name, body, password, generated) => {
      const answer = await api<{ data: Extension }>('POST', '/1001/change-password', body);
      expect(answer.status).toBe(200);
      expect(answer.body.data).toEqual({
        extension_number: '1001',
        sip_password: expect.stringMatching(password) as string,
        generated_password: generated,
      });
    });

    it('refuses a short one', async () => {
      const answer = await api<Failure>('POST', '/1001/change-password', { new_password: 'short' });
      expect(answer.body.errors).toEqual({
        new_password: ['The new password must be at least 8 characters.'],
      });
    });
  });

  describe('the list', () => {
    it('pages by number', async () => {
      for (const number of ['1003', '1001', '1002']) await create({ extension_number: number });
      const first = await list('?per_page=2');
      expect(Object.keys(first)).toEqual(['current_page', 'data', 'last_page', 'per_page', 'total']);
      expect(first).toMatchObject({ current_page: 1, last_page: 2, per_page: 2, total: 3 });
      expect(first.data.map((extension) => extension.extension_number)).toEqual(['1001', '1002']);
      expect(Object.keys(first.data[0] ?? {})).toEqual(LIST_FIELDS);
      expect((await list('?per_page=2&page=2')).data.map((e) => e.extension_number)).toEqual(['1003']);
      expect(await list('?page=9')).toMatchObject({ current_page: 9, data: [], last_page: 1, total: 3 });
    });

    it('is empty with one page', async () => {
      expect(await list()).toEqual({ current_page: 1, data: [], last_page: 1, per_page: 50, total: 0 });
    });

    it('searches numbers and names, where % and _ and ! are themselves', async () => {
      await create({ extension_number: '1001', display_name: '100% sure_thing!' });
      await create({ extension_number: '1002', display_name: 'Nguyễn Văn Ngọc' });
      await create({ extension_number: '2001', display_name: null });
      const found = async (search: string): Promise<string[]> =>
        (await list(`?search=${encodeURIComponent(search)}`)).data.map(
          (extension) => extension.extension_number,
        );
      expect(await found('100')).toEqual(['1001', '1002']);
      expect(await found('SURE')).toEqual(['1001']);
      expect(await found('Ngọc')).toEqual(['1002']);
      expect(await found('%')).toEqual(['1001']);
      expect(await found('_')).toEqual(['1001']);
      expect(await found('!')).toEqual(['1001']);
      expect(await found("' OR 1=1 --")).toEqual([]);
      expect(await found('')).toEqual(['1001', '1002', '2001']);
    });

    it('filters by status', async () => {
      await create({ extension_number: '1001' });
      await create({ extension_number: '1002' });
      await api('PUT', '/1002', { status: 'disabled' });
      expect((await list('?status=disabled')).data.map((e) => e.extension_number)).toEqual(['1002']);
      expect((await list('?status=active&search=100')).total).toBe(1);
    });
  });

  it("keeps tenants apart: another's extension is a 404", async () => {
    await create({ extension_number: '1001' });
    const other = await dialplane.tenant();
    for (const [method, path, body] of [
      ['GET', '/1001'],
      ['PUT', '/1001', { display_name: 'mine' }],
      ['DELETE', '/1001'],
      ['POST', '/1001/change-password', {}],
    ] as const) {
      const answer = await dialplane.api(other.token, method, `/extensions${path}`, body);
      expect([answer.status, answer.body]).toEqual([404, { message: 'Resource not found' }]);
    }
    expect((await dialplane.api<Page>(other.token, 'GET', '/extensions')).body.total).toBe(0);
    const team = await addTeam(dialplane, other, 'Theirs');
    const answer = await api<Failure>('PUT', '/1001', { team_id: team.id });
    expect(answer.body.errors).toEqual({ team_id: ['The selected team id is invalid.'] });
  });

  it.each(['1', 'abc', '1001%20', '１００１', '1001;DROP', '..%2F1001', '%00', '10010010010'])(
    'answers 404 for the path %s',
    async (path) => {
      await create({ extension_number: '1001' });
      for (const method of ['GET', 'DELETE']) expect((await api(method, `/${path}`)).status).toBe(404);
    },
  );
});
