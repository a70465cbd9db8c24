import { type Answer, Dialplane } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';
import { ask, operator, person } from '../harness/people';
import { addCallerId, addTeam } from '../harness/records';
import { routesOf } from '../harness/routes';

/** Who asks: nobody, another account's administrator, a platform operator, and each role of the account. */
const WHO = ['nobody', 'stranger', 'operator', 'admin', 'supervisor', 'agent', 'read_only'] as const;
type Who = (typeof WHO)[number];

/**
 * What each gets, in the order of WHO: a status, or `ok` for whatever says that the door was open. What
 * would change something is asked for so that it fails behind the door: with a wrong body (422), or an
 * If-Match that does not hold (412).
 */
const TABLE: Record<string, { path?: string; body?: unknown; gets: string }> = {
  'POST /api/auth/login': { body: {}, gets: 'ok ok ok ok ok ok ok' },
  'GET /api/auth/me': { gets: '401 ok ok ok ok ok ok' },
  'POST /api/auth/change-password': { body: {}, gets: '401 ok ok ok ok ok ok' },
  'GET /api/auth/tokens': { gets: '401 ok ok ok ok ok ok' },
  'POST /api/auth/tokens': { body: {}, gets: '401 ok ok ok ok ok ok' },
  'GET /api/auth/tokens/:id': { path: '/api/auth/tokens/TOKEN', gets: '401 404 404 ok 404 404 404' },
  'DELETE /api/auth/tokens/:id': { path: '/api/auth/tokens/GONE', gets: '401 404 404 404 404 404 404' },
  'GET /api/auth/users': { gets: '401 ok 403 ok 403 403 403' },
  'POST /api/auth/users': { body: {}, gets: '401 ok 403 ok 403 403 403' },
  'GET /api/auth/users/:id': { path: '/api/auth/users/USER', gets: '401 404 403 ok 403 403 403' },
  'PUT /api/auth/users/:id': { path: '/api/auth/users/USER', body: {}, gets: '401 404 403 ok 403 403 403' },
  'DELETE /api/auth/users/:id': { path: '/api/auth/users/USER', gets: '401 404 403 ok 403 403 403' },

  'GET /api/platform/audit': { gets: '401 403 ok 403 403 403 403' },
  'GET /api/platform/tenants': { gets: '401 403 ok 403 403 403 403' },
  'POST /api/platform/tenants': { body: {}, gets: '401 403 ok 403 403 403 403' },
  'GET /api/platform/tenants/:id': {
    path: '/api/platform/tenants/TENANT',
    gets: '401 403 ok 403 403 403 403',
  },
  'PUT /api/platform/tenants/:id': {
    path: '/api/platform/tenants/TENANT',
    body: { name: '' },
    gets: '401 403 ok 403 403 403 403',
  },
  'DELETE /api/platform/tenants/:id': {
    path: '/api/platform/tenants/TENANT',
    gets: '401 403 ok 403 403 403 403',
  },
  'GET /api/platform/unknown-nodes': { gets: '401 403 ok 403 403 403 403' },
  'GET /api/platform/nodes': { gets: '401 403 ok 403 403 403 403' },
  'POST /api/platform/nodes': { body: {}, gets: '401 403 ok 403 403 403 403' },
  'GET /api/platform/nodes/:name': {
    path: '/api/platform/nodes/GONE',
    gets: '401 403 404 403 403 403 403',
  },
  'PUT /api/platform/nodes/:name': {
    path: '/api/platform/nodes/GONE',
    body: {},
    gets: '401 403 ok 403 403 403 403',
  },
  'DELETE /api/platform/nodes/:name': {
    path: '/api/platform/nodes/GONE',
    gets: '401 403 404 403 403 403 403',
  },

  'GET /api/pbx/audit': { gets: '401 ok 403 ok 403 403 ok' },
  'GET /api/pbx/extensions': { gets: '401 ok 403 ok ok ok ok' },
  'POST /api/pbx/extensions': { body: {}, gets: '401 ok 403 ok 403 403 403' },
  'GET /api/pbx/extensions/:ext': { path: '/api/pbx/extensions/1001', gets: '401 404 403 ok ok ok ok' },
  'PUT /api/pbx/extensions/:ext': {
    path: '/api/pbx/extensions/1001',
    body: {},
    gets: '401 404 403 ok ok ok 403',
  },
  'DELETE /api/pbx/extensions/:ext': { path: '/api/pbx/extensions/1001', gets: '401 404 403 ok 403 403 403' },
  'POST /api/pbx/extensions/:ext/change-password': {
    path: '/api/pbx/extensions/1001/change-password',
    body: { new_password: 'x' },
    gets: '401 ok 403 ok ok ok 403',
  },
  'POST /api/pbx/extensions/change-passwords': { body: {}, gets: '401 ok 403 ok ok ok 403' },
  'GET /api/pbx/extensions/export': { gets: '401 ok 403 ok ok ok ok' },
  'POST /api/pbx/extensions/import': { body: {}, gets: '401 ok 403 ok 403 403 403' },
  'GET /api/pbx/extensions/imports': { gets: '401 ok 403 ok 403 403 403' },
  'GET /api/pbx/extensions/imports/:id': {
    path: '/api/pbx/extensions/imports/GONE',
    gets: '401 404 403 404 403 403 403',
  },
  'GET /api/pbx/extensions/imports/:id/events': {
    path: '/api/pbx/extensions/imports/GONE/events',
    gets: '401 404 403 404 403 403 403',
  },
  'GET /api/pbx/extensions/imports/:id/passwords': {
    path: '/api/pbx/extensions/imports/GONE/passwords',
    gets: '401 404 403 404 403 403 403',
  },
  'GET /api/pbx/extensions/:ext/registration': {
    path: '/api/pbx/extensions/1001/registration',
    gets: '401 404 403 ok ok ok ok',
  },
  'DELETE /api/pbx/extensions/:ext/registration': {
    path: '/api/pbx/extensions/1001/registration',
    gets: '401 404 403 ok ok ok 403',
  },
  'DELETE /api/pbx/extensions/:ext/registration/:device': {
    path: '/api/pbx/extensions/1001/registration/0000000000000000',
    gets: '401 404 403 404 404 404 403',
  },
  'GET /api/pbx/extensions/:ext/diagnosis': {
    path: '/api/pbx/extensions/1001/diagnosis',
    gets: '401 ok 403 ok ok ok ok',
  },
  'GET /api/pbx/extensions/:ext/directory': {
    path: '/api/pbx/extensions/1001/directory',
    gets: '401 404 403 ok ok ok ok',
  },
  'GET /api/pbx/extensions/:ext/revocations': {
    path: '/api/pbx/extensions/1001/revocations',
    gets: '401 404 403 ok ok ok ok',
  },
  'GET /api/pbx/registrations': { gets: '401 ok 403 ok ok ok ok' },
  'GET /api/pbx/registrations/stream': {
    path: '/api/pbx/registrations/stream?devices=x',
    gets: '401 ok 403 ok ok ok ok',
  },
  'GET /api/pbx/extensions/available': { gets: '401 ok 403 ok 403 403 403' },
  'POST /api/pbx/extensions/:ext/restore': {
    path: '/api/pbx/extensions/1001/restore',
    gets: '401 404 403 ok 403 403 403',
  },
  'GET /api/pbx/caller-ids': { gets: '401 ok 403 ok ok 403 ok' },
  'POST /api/pbx/caller-ids': { body: {}, gets: '401 ok 403 ok 403 403 403' },
  'POST /api/pbx/caller-ids/import': { body: {}, gets: '401 ok 403 ok 403 403 403' },
  'GET /api/pbx/caller-ids/:number': {
    path: '/api/pbx/caller-ids/0900000020',
    gets: '401 404 403 ok ok 403 ok',
  },
  'PUT /api/pbx/caller-ids/:number': {
    path: '/api/pbx/caller-ids/0900000020',
    body: {},
    gets: '401 404 403 ok 403 403 403',
  },
  'DELETE /api/pbx/caller-ids/:number': {
    path: '/api/pbx/caller-ids/0900000020',
    gets: '401 404 403 ok 403 403 403',
  },
  'GET /api/pbx/teams': { gets: '401 ok 403 ok ok 403 ok' },
  'POST /api/pbx/teams': { body: {}, gets: '401 ok 403 ok 403 403 403' },
  'GET /api/pbx/teams/:id': { path: '/api/pbx/teams/TEAM', gets: '401 404 403 ok ok 403 ok' },
  'PUT /api/pbx/teams/:id': { path: '/api/pbx/teams/TEAM', body: {}, gets: '401 404 403 ok 403 403 403' },
  'DELETE /api/pbx/teams/:id': { path: '/api/pbx/teams/TEAM', gets: '401 404 403 ok 403 403 403' },
  'GET /api/pbx/departments': { gets: '401 ok 403 ok ok 403 ok' },
  'POST /api/pbx/departments': { body: {}, gets: '401 ok 403 ok 403 403 403' },
  'GET /api/pbx/departments/:id': {
    path: '/api/pbx/departments/DEPARTMENT',
    gets: '401 404 403 ok ok 403 ok',
  },
  'PUT /api/pbx/departments/:id': {
    path: '/api/pbx/departments/DEPARTMENT',
    body: {},
    gets: '401 404 403 ok 403 403 403',
  },
  'DELETE /api/pbx/departments/:id': {
    path: '/api/pbx/departments/DEPARTMENT',
    gets: '401 404 403 ok 403 403 403',
  },

  // FreeSWITCH's own login, which no token stands in for.
  'GET /freeswitch/directory': { gets: '401 401 401 401 401 401 401' },
  'POST /freeswitch/directory': { body: {}, gets: '401 401 401 401 401 401 401' },
  'GET /health/live': { gets: 'ok ok ok ok ok ok ok' },
  'GET /health/ready': { gets: 'ok ok ok ok ok ok ok' },
  'GET /metrics': { gets: 'ok ok ok ok ok ok ok' },
  // At the end: it ends the tokens.
  'POST /api/auth/logout': { gets: '401 ok ok ok ok ok ok' },
};

const OPEN = [200, 201, 202, 409, 412, 422];

describeOnEach('the table of every route and who may call it', (lane) => {
  let dialplane: Dialplane;
  const tokens: Partial<Record<Who, string>> = {};
  const ids: Record<string, string> = { GONE: '999999' };

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
    const tenant = await dialplane.tenant();
    const team = await addTeam(dialplane, tenant, 'Sales', { department: 'Revenue' });
    await addCallerId(dialplane, tenant, '0900000020');
    await dialplane.api(tenant.token, 'POST', '/extensions', { extension_number: '1001', team_id: team.id });
    const reader = await person(dialplane, tenant, 'read_only');
    tokens.admin = (await person(dialplane, tenant, 'admin')).token;
    tokens.supervisor = (await person(dialplane, tenant, 'supervisor', { team_ids: [team.id] })).token;
    tokens.agent = (await person(dialplane, tenant, 'agent', { extension_number: '1001' })).token;
    tokens.read_only = reader.token;
    tokens.stranger = (await person(dialplane, await dialplane.tenant(), 'admin')).token;
    tokens.operator = await operator(dialplane, `root.${tenant.tenant.id}`);
    const [ofAdmin = ''] = tenant.token.split('|');
    Object.assign(ids, { TENANT: tenant.tenant.id, TOKEN: ofAdmin, USER: reader.id });
    Object.assign(ids, { TEAM: team.id, DEPARTMENT: team.departmentId });
  });
  afterAll(() => dialplane.stop());

  const call = (token: string | undefined, route: string): Promise<Answer<unknown>> => {
    const [method = '', pattern = ''] = route.split(' ');
    const { path = pattern, body } = TABLE[route]!;
    const filled = path.replace(/[A-Z]{4,}/g, (name) => String(ids[name]));
    return dialplane.request(method, filled, {
      headers: {
        'If-Match': '"never"',
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  };

  it('has a line for every route, and none for what is no route', () => {
    expect(Object.keys(TABLE).sort()).toEqual(routesOf(dialplane).sort());
  });

  it.each(Object.entries(TABLE))('holds for %s', async (route, { gets }) => {
    const got: string[] = [];
    for (const who of WHO) {
      const { status, text } = await call(tokens[who], route);
      const closed = {
        401: 'Unauthenticated.',
        403: 'This action is unauthorized.',
        404: 'Resource not found',
      };
      if (status in closed && route.includes(' /api')) {
        expect(JSON.parse(text)).toEqual({ message: closed[status as keyof typeof closed] });
      }
      got.push(OPEN.includes(status) ? 'ok' : String(status));
    }
    expect(got.join(' ')).toBe(gets);
  });

  it('leaves nothing under /api open to nobody', async () => {
    for (const path of ['/api', '/api/pbx', '/api/pbx/none', '/API/pbx/extensions', '/api/pbx/extensions/']) {
      expect([401, 404]).toContain((await ask(dialplane, null, 'GET', path.slice(4))).status);
    }
  });
});
