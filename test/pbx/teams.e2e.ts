import { type ExtensionChange, ExtensionChanges } from '../../src/events/extension-changes';
import { type Answer, Dialplane, type TestTenant } from '../harness/dialplane';
import { NOT_FOUND } from '../harness/directory-answer';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { person, type User, ask } from '../harness/people';

interface Resource {
  id: number;
  name: string;
  department_id?: number | null;
  extensions?: number;
  teams?: number;
}

interface Body {
  data: Resource;
  message: string;
  errors: Record<string, string[]>;
}

interface List {
  data: Resource[];
  total: number;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/;
const TIMES = {
  created_at: expect.stringMatching(TIME) as string,
  updated_at: expect.stringMatching(TIME) as string,
};

describeOnEach('teams and departments', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let other: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
    other = await dialplane.tenant();
  });
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });
  afterAll(() => dialplane.stop());

  const api = <T = Body>(method: string, path: string, body?: unknown, token = tenant.token) =>
    dialplane.api<T>(token, method, path, body);
  const make = async (kind: string, name: string, more: object = {}): Promise<Resource> =>
    (await api('POST', `/${kind}`, { name, ...more })).body.data;
  const list = async (path: string, token = tenant.token): Promise<[string[], number]> => {
    const { data, total } = (await api<List>('GET', path, undefined, token)).body;
    return [data.map(({ name }) => name), total];
  };
  const extension = (extension_number: string, team_id: number | null): Promise<unknown> =>
    api('POST', '/extensions', { extension_number, team_id });
  const withTag = (method: string, path: string, tag: string, body?: unknown): Promise<Answer<Body>> =>
    dialplane.request<Body>(method, `/api/pbx${path}`, {
      headers: {
        Authorization: `Bearer ${tenant.token}`,
        'If-Match': tag,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });

  it('are made, read, changed and deleted', async () => {
    const revenue = await api('POST', '/departments', { name: 'Revenue', tenant_id: 999 });
    expect([revenue.status, revenue.body.data]).toEqual([
      201,
      { id: expect.any(Number) as number, name: 'Revenue', teams: 0, ...TIMES },
    ]);
    const department_id = revenue.body.data.id;
    const sales = await api('POST', '/teams', { name: 'Bán hàng "A"', department_id, id: 1 });
    expect([sales.status, sales.body.data]).toEqual([
      201,
      { id: expect.any(Number) as number, name: 'Bán hàng "A"', department_id, extensions: 0, ...TIMES },
    ]);
    const team = `/teams/${sales.body.data.id}`;
    const department = `/departments/${department_id}`;
    await extension('1001', sales.body.data.id);
    expect((await api('GET', team)).body.data.extensions).toBe(1);
    expect((await api('GET', department)).body.data.teams).toBe(1);
    const moved = await api('PUT', team, { name: 'Sales', department_id: null });
    expect([moved.status, moved.body.data]).toMatchObject([
      200,
      { name: 'Sales', department_id: null, extensions: 1 },
    ]);
    expect((await api('PUT', department, { name: 'Income' })).body.data.name).toBe('Income');
    await api('DELETE', '/extensions/1001');
    for (const path of [team, department]) {
      const deleted = await api('DELETE', path);
      expect([deleted.status, deleted.body]).toEqual([200, { data: { deleted: true } }]);
      expect((await api('GET', path)).status).toBe(404);
    }
  });

  it('a team takes its extensions along to another department', async () => {
    const [one, two] = [await make('departments', 'One'), await make('departments', 'Two')];
    const team = await make('teams', 'Sales', { department_id: one.id });
    await extension('1001', team.id);
    await api('PUT', `/teams/${team.id}`, { department_id: two.id });
    const found = await api<{ data: { department_id: number } }>('GET', '/extensions/1001');
    expect(found.body.data.department_id).toBe(two.id);
  });

  it.each(['teams', 'departments'])('%s are listed by name, found and paged', async (kind) => {
    for (const name of ['B%', 'C', 'A']) await make(kind, name);
    await ask(dialplane, other.token, 'POST', `/pbx/${kind}`, { name: 'Theirs' });
    expect(await list(`/${kind}`)).toEqual([['A', 'B%', 'C'], 3]);
    expect(await list(`/${kind}?search=%25`)).toEqual([['B%'], 1]);
    expect(await list(`/${kind}?per_page=2&page=2`)).toEqual([['C'], 3]);
    expect((await api('GET', `/${kind}?per_page=201`)).status).toBe(422);
  });

  it.each(['teams', 'departments'])(
    '%s whose names differ in tone, case or space are others',
    async (kind) => {
      const others = [
        'Bán hàng',
        'Bạn hàng',
        'bán hàng',
        'Má',
        'Mã',
        'ma',
        'Sales',
        'Sáles',
        'Sales ',
        'ß',
        'ss',
      ];
      for (const name of others) expect((await api('POST', `/${kind}`, { name })).body.data.name).toBe(name);
      const last = await make(kind, 'Mà');
      expect((await api('PUT', `/${kind}/${last.id}`, { name: 'mà' })).body.data.name).toBe('mà');
      const taken = await api('PUT', `/${kind}/${last.id}`, { name: 'Mã' });
      expect(taken.body.errors).toEqual({ name: ['The name has already been taken.'] });
      expect((await api('POST', `/${kind}`, { name: 'Sales ' })).status).toBe(422);
    },
  );

  it.each(['teams', 'departments'])('%s are found however they are typed', async (kind) => {
    for (const name of ['Zalo', 'sales', 'Bán hàng', 'Bạn hàng']) await make(kind, name);
    const found = ['BÁN', 'bán', 'ban'].map((search) =>
      list(`/${kind}?search=${encodeURIComponent(search)}`),
    );
    const [exact, lower, plain] = (await Promise.all(found)).map(([names]) => names);
    expect(lower).toContain('Bán hàng');
    // The embedded database knows only the case of ASCII.
    if (lane.name === 'sqlite') return;
    for (const names of [exact, lower, plain]) expect(names?.sort()).toEqual(['Bán hàng', 'Bạn hàng']);
    expect((await list(`/${kind}`))[0]).toEqual(['Bán hàng', 'Bạn hàng', 'sales', 'Zalo']);
  });

  it.each([
    ['teams', {}, 'name', 'The name field is required.'],
    ['teams', { name: '' }, 'name', 'The name field is required.'],
    ['teams', { name: 'x'.repeat(101) }, 'name', 'The name may not be greater than 100 characters.'],
    ['teams', { name: 'a\nb' }, 'name', 'The name format is invalid.'],
    ['teams', { name: 'Taken' }, 'name', 'The name has already been taken.'],
    ['teams', { name: 'New', department_id: 'x' }, 'department_id', 'The department id must be an integer.'],
    ['teams', { name: 'New', department_id: 1e9 }, 'department_id', 'The selected department id is invalid.'],
    ['departments', {}, 'name', 'The name field is required.'],
    ['departments', { name: 'Taken' }, 'name', 'The name has already been taken.'],
  ])('of %s refuse %j', async (kind, body, field, sentence) => {
    await make(kind, 'Taken');
    const refused = await api('POST', `/${kind}`, body);
    expect([refused.status, refused.body.errors]).toEqual([422, { [field]: [sentence] }]);
    expect(await list(`/${kind}`)).toEqual([['Taken'], 1]);
    const second = await make(kind, 'Second');
    const renamed = await api('PUT', `/${kind}/${second.id}`, { name: 'Taken' });
    expect(renamed.body.errors).toEqual({ name: ['The name has already been taken.'] });
  });

  it('may have the name of another account’s', async () => {
    for (const kind of ['teams', 'departments']) {
      expect((await api('POST', `/${kind}`, { name: 'Same' }, other.token)).status).toBe(201);
      expect((await api('POST', `/${kind}`, { name: 'Same' })).status).toBe(201);
    }
  });

  it('that have something cannot be deleted; of deleted extensions and supervisors they are taken', async () => {
    const department = await make('departments', 'Revenue');
    const team = await make('teams', 'Sales', { department_id: department.id });
    const supervisor = await person(dialplane, tenant, 'supervisor', { team_ids: [team.id] });
    for (const number of ['1001', '1002']) await extension(number, team.id);
    const full = await api('DELETE', `/teams/${team.id}`);
    expect([full.status, full.body]).toEqual([409, { message: 'The team has 2 extensions.' }]);
    await api('DELETE', '/extensions/1001');
    expect((await api('DELETE', `/teams/${team.id}`)).body.message).toBe('The team has 1 extension.');
    await api('DELETE', '/extensions/1002');
    const held = await api('DELETE', `/departments/${department.id}`);
    expect([held.status, held.body]).toEqual([409, { message: 'The department has 1 team.' }]);
    expect((await api('DELETE', `/teams/${team.id}`)).status).toBe(200);
    const left = await ask<{ data: User }>(dialplane, tenant.token, 'GET', `/auth/users/${supervisor.id}`);
    expect(left.body.data.team_ids).toEqual([]);
    const restored = await api<{ data: object }>('POST', '/extensions/1001/restore');
    expect(restored.body.data).toMatchObject({ team_id: null, department_id: null });
    expect((await api('DELETE', `/departments/${department.id}`)).status).toBe(200);
  });

  it.each(['teams', 'departments'])('%s are changed and deleted only as they were read', async (kind) => {
    const { id } = await make(kind, 'Sales');
    const tag = (await api('GET', `/${kind}/${id}`)).headers.get('etag') ?? '';
    const changed = await withTag('PUT', `/${kind}/${id}`, tag, { name: 'New' });
    expect(changed.status).toBe(200);
    expect((await withTag('PUT', `/${kind}/${id}`, tag, { name: 'Lost' })).status).toBe(412);
    expect((await withTag('DELETE', `/${kind}/${id}`, tag)).status).toBe(412);
    const now = changed.headers.get('etag') ?? '';
    expect((await withTag('DELETE', `/${kind}/${id}`, now)).status).toBe(200);
  });

  it.each(['teams', 'departments'])('%s of another account are not there', async (kind) => {
    const theirs = (await api('POST', `/${kind}`, { name: `Theirs ${Math.random()}` }, other.token)).body
      .data;
    for (const id of [theirs.id, 0, -1, 'x', '1e3', 99999999999]) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? { name: 'Mine' } : undefined;
        expect([id, (await api(method, `/${kind}/${id}`, body)).status]).toEqual([id, 404]);
      }
    }
    const foreign = { name: 'New', department_id: theirs.id };
    if (kind === 'departments') expect((await api('POST', '/teams', foreign)).status).toBe(422);
    expect((await api('GET', `/${kind}/${theirs.id}`, undefined, other.token)).body.data).toMatchObject({
      name: theirs.name,
    });
  });

  it('are for admins to change; a supervisor sees his own teams, an agent none', async () => {
    const [sales, support] = [await make('teams', 'Sales'), await make('teams', 'Support')];
    const department = await make('departments', 'Revenue');
    const supervisor = await person(dialplane, tenant, 'supervisor', { team_ids: [sales.id] });
    expect(await list('/teams', supervisor.token)).toEqual([['Sales'], 1]);
    const status = async (token: string, method: string, path: string, body?: unknown): Promise<number> =>
      (await api(method, path, body, token)).status;
    expect(await status(supervisor.token, 'GET', `/teams/${sales.id}`)).toBe(200);
    expect(await status(supervisor.token, 'GET', `/teams/${support.id}`)).toBe(404);
    const reader = await dialplane.token(tenant.tenant, 'read_only');
    expect(await list('/teams', reader)).toEqual([['Sales', 'Support'], 2]);
    const agent = await person(dialplane, tenant, 'agent');
    for (const path of [`/teams/${sales.id}`, `/departments/${department.id}`]) {
      const [, kind] = path.split('/');
      expect([await status(agent.token, 'GET', path), await status(agent.token, 'GET', `/${kind}`)]).toEqual([
        403, 403,
      ]);
      for (const token of [supervisor.token, reader, agent.token]) {
        expect(await status(token, 'POST', `/${kind}`, { name: 'New' })).toBe(403);
        expect(await status(token, 'PUT', path, {})).toBe(403);
        expect(await status(token, 'DELETE', path)).toBe(403);
      }
    }
  });

  it('are told of in the audit', async () => {
    const team = await make('teams', 'Sales');
    await api('PUT', `/teams/${team.id}`, { name: 'Support' });
    await api('PUT', `/teams/${team.id}`, { name: 'Support' });
    await api('DELETE', `/teams/${team.id}`);
    const { body } = await api<{ data: object[] }>('GET', '/audit?resource_type=team');
    expect(body.data).toMatchObject([
      { action: 'deleted', resource: 'Support', changes: { name: { before: 'Support', after: null } } },
      { action: 'updated', resource: 'Support', changes: { name: { before: 'Sales', after: 'Support' } } },
      { action: 'created', resource: 'Sales', changes: { name: { before: null, after: 'Sales' } } },
    ]);
  });

  it('are groups by their exact names only', async () => {
    const { domain } = tenant.tenant;
    const group = async (name: string): Promise<string> =>
      (await dialplane.lookup({ section: 'directory', action: 'group_call', group: name, domain })).text;
    for (const [number, name] of Object.entries({ 1001: 'Bán hàng', 1002: 'Bạn hàng', 1003: 'Má' })) {
      await extension(number, (await make('teams', name)).id);
    }
    const members = async (name: string): Promise<(string | undefined)[]> =>
      [...(await group(name)).matchAll(/<user id="([0-9]+)"/g)].map(([, number]) => number);
    expect([await members('Bán hàng'), await members('Bạn hàng')]).toEqual([['1001'], ['1002']]);
    for (const name of ['bán hàng', 'Ban hang', 'Mã', 'Má ', 'má']) expect(await group(name)).toBe(NOT_FOUND);
  });

  it('a renamed one is a group of its new name, and every instance hears that what it knew is over', async () => {
    const { domain } = tenant.tenant;
    const group = async (name: string): Promise<string> =>
      (await dialplane.lookup({ section: 'directory', action: 'group_call', group: name, domain })).text;
    const second = await Dialplane.start(lane, {}, dialplane.database);
    const heard: { one: ExtensionChange[]; two: ExtensionChange[] } = { one: [], two: [] };
    dialplane.get(ExtensionChanges).onChange((change) => heard.one.push(change));
    second.get(ExtensionChanges).onChange((change) => heard.two.push(change));
    const team = await make('teams', 'Sales');
    await extension('1001', team.id);
    expect(await group('Sales')).toContain('id="1001"');
    heard.one.length = 0;
    await api('PUT', `/teams/${team.id}`, { name: 'Support' });
    expect(heard.one).toEqual([{ number: '1001', domain }]);
    await eventually(() => heard.two.some((change) => change.domain === domain));
    expect(await group('Sales')).toBe(NOT_FOUND);
    expect(await group('Support')).toContain('id="1001"');
    await second.stop({ keepDatabase: true });
  });
});
