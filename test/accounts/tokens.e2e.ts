import { IsNull } from 'typeorm';
import { ApiToken } from '../../src/schema/api-token.entity';
import { removeTenant } from '../../src/pbx/tenant-admin/remove-tenant';
import { User } from '../../src/schema/user.entity';
import { Dialplane, type TestTenant } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { ask as send, login, PASSWORD, person } from '../harness/people';
import { whileWaiting } from '../harness/while-waiting';

interface Token {
  id: number;
  name: string;
  username: string | null;
  role: string | null;
  token: string;
  last_used_at: string | null;
  last_used_from: string | null;
  revoked_at: string | null;
}

interface Refused {
  message: string;
  errors: Record<string, string[]>;
}

/** Each way to make a token that can do less than who makes it. */
const narrower = (expiresAt: string): object[] => [
  { role: 'read_only' },
  { pbx: 'viewer' },
  { pbx_api_access: false },
  { expires_at: expiresAt },
  { allowed_addresses: ['127.0.0.1'] },
  { rate_limit: 60 },
];

describeOnEach('tokens', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let admin: { token: string; id: number; username: string };

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    tenant = await dialplane.tenant();
    admin = await person(dialplane, tenant, 'admin');
  });

  const ask = <T>(token: string, method: string, path: string, body?: unknown) =>
    send<T>(dialplane, token, method, `/auth/tokens${path}`, body);
  const make = async (body: object, token = admin.token): Promise<Token> => {
    const made = await ask<{ data: Token }>(token, 'POST', '', { name: 'CRM', ...body });
    expect(made.status).toBe(201);
    return made.body.data;
  };
  const status = async (token: string, method = 'GET', body?: unknown): Promise<number> =>
    (await dialplane.api(token, method, '/extensions', body)).status;

  it('are made, shown once, listed and revoked', async () => {
    const made = await make({
      role: 'read_only',
      rate_limit: 120,
      allowed_addresses: ['127.0.0.0/8', '::1'],
    });
    expect(made).toMatchObject({
      name: 'CRM',
      username: admin.username,
      role: 'read_only',
      rate_limit: 120,
      allowed_addresses: ['127.0.0.0/8', '::1'],
      expires_at: null,
      last_used_at: null,
    });
    expect(await status(made.token)).toBe(200);
    expect(await status(made.token, 'POST', { extension_number: '1001' })).toBe(403);
    const list = await ask<{ data: Token[] }>(admin.token, 'GET', '');
    expect(list.body.data.map(({ id }) => id)).toContain(made.id);
    expect(list.text).not.toContain(made.token.split('|')[1]);
    expect((await ask(admin.token, 'DELETE', `/${made.id}`)).body).toEqual({ data: { revoked: true } });
    expect(await status(made.token)).toBe(401);
    expect((await ask(admin.token, 'DELETE', `/${made.id}`)).status).toBe(404);
    const ids = async (query: string): Promise<number[]> =>
      (await ask<{ data: Token[] }>(admin.token, 'GET', query)).body.data.map(({ id }) => id);
    expect(await ids('')).not.toContain(made.id);
    expect(await ids('?status=all')).toContain(made.id);
  });

  it('end on every instance at the next request', async () => {
    const made = await make({});
    const other = await Dialplane.start(lane, {}, dialplane.database);
    expect((await other.api(made.token, 'GET', '/extensions')).status).toBe(200);
    await ask(admin.token, 'DELETE', `/${made.id}`);
    expect((await other.api(made.token, 'GET', '/extensions')).status).toBe(401);
    await other.stop({ keepDatabase: true });
  });

  it('tell when and from where they were last used', async () => {
    const made = await make({});
    expect(await status(made.token)).toBe(200);
    await eventually(async () => {
      const { data } = (await ask<{ data: Token }>(admin.token, 'GET', `/${made.id}`)).body;
      return data.last_used_at !== null && data.last_used_from === '127.0.0.1';
    });
  });

  it('are good from allowed addresses only, and until they expire', async () => {
    const elsewhere = await make({ allowed_addresses: ['192.0.2.0/24', '2001:db8::/32'] });
    expect(await status(elsewhere.token)).toBe(403);
    const short = await make({ expires_at: new Date(Date.now() + 3_600_000).toISOString() });
    expect(await status(short.token)).toBe(200);
    await dialplane.dataSource.manager.update(ApiToken, short.id, {
      expiresAt: new Date(Date.now() + 1_000),
    });
    await eventually(async () => (await status(short.token)) === 401);
  });

  it('cannot be made wider, longer or freer than what makes them', async () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    for (const narrowed of narrower(inAnHour)) {
      const { token } = await make(narrowed);
      expect((await ask(token, 'POST', '', { name: 'x' })).status).toBe(403);
    }
    const supervisor = await person(dialplane, tenant, 'supervisor');
    const wide = await make({ role: 'admin', pbx: 'admin' }, supervisor.token);
    expect(await status(wide.token, 'POST', { extension_number: '1001' })).toBe(403);
    expect((await send(dialplane, wide.token, 'GET', '/auth/users')).status).toBe(403);
    expect(
      (await ask<{ data: Token[] }>(wide.token, 'GET', '')).body.data.map((each) => each.username),
    ).toEqual(expect.not.arrayContaining([admin.username]));
  });

  it('that are narrowed see and revoke none but themselves', async () => {
    const agent = await person(dialplane, tenant, 'agent');
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    for (const owner of [admin.token, agent.token]) {
      const others = [Number(owner.split('|')[0]), (await make({}, owner)).id];
      for (const narrowed of narrower(inAnHour)) {
        const { token, id } = await make(narrowed, owner);
        for (const other of others) {
          expect((await ask(token, 'GET', `/${other}`)).status).toBe(404);
          expect((await ask(token, 'DELETE', `/${other}`)).status).toBe(404);
        }
        expect((await ask(token, 'GET', '?status=all')).body).toMatchObject({ total: 1, data: [{ id }] });
        expect((await ask(token, 'GET', `/${id}`)).status).toBe(200);
        expect((await ask(token, 'DELETE', `/${id}`)).status).toBe(200);
        expect((await ask(token, 'GET', '')).status).toBe(401);
      }
      expect((await ask(owner, 'DELETE', `/${others[1]}`)).status).toBe(200);
    }
  });

  it('that are narrowed do not change the password of whose they are', async () => {
    const agent = await person(dialplane, tenant, 'agent');
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    for (const owner of [admin, agent]) {
      for (const narrowed of narrower(inAnHour)) {
        const { token } = await make(narrowed, owner.token);
        const body = { current_password: PASSWORD, new_password: 'another horse' };
        const refused = await send<Refused>(dialplane, token, 'POST', '/auth/change-password', body);
        expect([refused.status, refused.body]).toEqual([403, { message: 'This action is unauthorized.' }]);
      }
      expect((await send(dialplane, owner.token, 'GET', '/auth/me')).status).toBe(200);
      expect((await login(dialplane, owner.username)).status).toBe(200);
    }
  });

  it('that run out, or are good from some addresses or at a rate, make nobody who is not so bound', async () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    for (const bound of [
      { expires_at: inAnHour },
      { allowed_addresses: ['127.0.0.1'] },
      { rate_limit: 60 },
    ]) {
      const { token } = await make(bound);
      expect(await status(token, 'POST', {})).toBe(422);
      const user = { username: 'free.of.all', role: 'admin', password: 'long enough' };
      expect((await send(dialplane, token, 'POST', '/auth/users', user)).status).toBe(403);
      const change = { password: 'long enough' };
      expect((await send(dialplane, token, 'PUT', `/auth/users/${admin.id}`, change)).status).toBe(403);
    }
  });

  it('are made for nobody who is gone, nor by one that has just been revoked', async () => {
    const made = (token: string, meanwhile: Parameters<typeof whileWaiting>[3]) =>
      whileWaiting(dialplane, tenant, () => ask(token, 'POST', '', { name: 'x' }), meanwhile);
    const leaves = await person(dialplane, tenant, 'agent');
    const deleted = await made(leaves.token, async (manager) => {
      await manager.delete(ApiToken, { userId: leaves.id });
      await manager.delete(User, leaves.id);
    });
    const revoked = await made(admin.token, (manager) =>
      manager.update(ApiToken, { userId: admin.id }, { revokedAt: new Date() }),
    );
    const emptied = await made(tenant.token, (manager) => removeTenant(manager, tenant.tenant.id, []));
    for (const { status, body } of [deleted, revoked, emptied])
      expect([status, body]).toEqual([401, { message: 'Unauthenticated.' }]);
    const { manager } = dialplane.dataSource;
    expect(await manager.existsBy(ApiToken, { userId: admin.id, revokedAt: IsNull() })).toBe(false);
  });

  it('may send more than others only when an administrator says so', async () => {
    const limited = await Dialplane.start(lane, { RATE_LIMIT_PBX: '100' }, dialplane.database);
    const agent = await person(dialplane, tenant, 'agent');
    const body = { name: 'x', rate_limit: 101 };
    const refused = await send<Refused>(limited, agent.token, 'POST', '/auth/tokens', body);
    expect([refused.status, refused.body.errors]).toEqual([
      422,
      { rate_limit: ['The rate limit must be between 1 and 100.'] },
    ]);
    const slow = await send<{ data: Token }>(limited, agent.token, 'POST', '/auth/tokens', {
      ...body,
      rate_limit: 1,
    });
    const again = await send(limited, slow.body.data.token, 'POST', '/auth/tokens', { name: 'x' });
    expect([slow.status, again.status]).toEqual([201, 403]);
    expect((await send(limited, admin.token, 'POST', '/auth/tokens', body)).status).toBe(201);
    await limited.stop({ keepDatabase: true });
  });

  it('follow the user they belong to', async () => {
    const user = await person(dialplane, tenant, 'admin');
    const made = await make({}, user.token);
    expect(await status(made.token, 'POST', { extension_number: '1001' })).toBe(201);
    await send(dialplane, admin.token, 'PUT', `/auth/users/${user.id}`, { role: 'read_only' });
    expect(await status(made.token, 'POST', { extension_number: '1002' })).toBe(403);
    expect(await status(made.token)).toBe(200);
    await send(dialplane, admin.token, 'PUT', `/auth/users/${user.id}`, { pbx_api_access: false });
    expect(await status(made.token)).toBe(403);
    await send(dialplane, admin.token, 'DELETE', `/auth/users/${user.id}`);
    expect(await status(made.token)).toBe(401);
  });

  it('of others are seen by administrators only, and of another account by nobody', async () => {
    const agent = await person(dialplane, tenant, 'agent');
    const [id] = agent.token.split('|');
    const [others] = admin.token.split('|');
    expect((await ask(admin.token, 'GET', `/${id}`)).status).toBe(200);
    expect((await ask(agent.token, 'GET', `/${others}`)).status).toBe(404);
    expect((await ask(agent.token, 'DELETE', `/${others}`)).status).toBe(404);
    const stranger = await person(dialplane, await dialplane.tenant(), 'admin');
    expect((await ask(stranger.token, 'GET', `/${id}`)).status).toBe(404);
    expect((await ask(stranger.token, 'DELETE', `/${id}`)).status).toBe(404);
    expect((await login(dialplane, agent.username)).status).toBe(200);
  });

  it('are refused with what cannot be', async () => {
    const refused = await ask<Refused>(admin.token, 'POST', '', {
      role: 'operator',
      expires_at: '9999-12-31T23:59:59-14:00',
      allowed_addresses: ['127.0.0.1', '10.0.0.0/33'],
      rate_limit: 0,
    });
    expect([refused.status, refused.body.errors]).toEqual([
      422,
      {
        name: ['The name field is required.'],
        role: ['The selected role is invalid.'],
        expires_at: ['The expires at is not a valid date.'],
        allowed_addresses: ['The allowed addresses must be IP addresses or networks.'],
        rate_limit: ['The rate limit must be between 1 and 1000000.'],
      },
    ]);
  });
});
