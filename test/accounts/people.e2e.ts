import { type EntityManager } from 'typeorm';
import { removeTenant } from '../../src/pbx/tenant-admin/remove-tenant';
import { Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';
import * as harness from '../harness/people';
import { ask, PASSWORD, type User } from '../harness/people';
import { addTeam } from '../harness/records';
import { whileWaiting } from '../harness/while-waiting';

interface Me {
  data: { user: User | null; token: { id: number; name: string }; permissions: string[] };
}

const UNAUTHENTICATED = [401, { message: 'Unauthenticated.' }];

describeOnEach('people', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });

  const auth = <T>(token: string | null, method: string, path: string, body?: unknown) =>
    ask<T>(dialplane, token, method, `/auth${path}`, body);
  const login = (username: string, password?: unknown) => harness.login(dialplane, username, password);
  const person = (role: string, more?: object) => harness.person(dialplane, tenant, role, more);

  describe('log in', () => {
    it('with a name, in any case, and a password, for a token that opens what they may do', async () => {
      const admin = await person('admin', { email: 'lan@mail.test' });
      const answer = await login(` ${admin.username.toUpperCase()} `);
      expect([answer.status, answer.body.data]).toEqual([
        200,
        {
          user: {
            id: admin.id,
            username: admin.username,
            email: 'lan@mail.test',
            role: 'admin',
            tenant_id: tenant.tenant.id,
          },
        },
      ]);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.body.token).toMatch(/^[1-9]\d*\|[A-Za-z0-9]{40}$/);
      const me = await auth<Me>(answer.body.token, 'GET', '/me');
      expect(me.body.data.user).toMatchObject({ username: admin.username, pbx: 'admin' });
      expect(me.body.data.permissions).toContain('pbx_api_access');
      expect(me.body.data.user?.last_login_at).toMatch(/^\d{4}-.*\+00:00$/);
    });

    it('not with anything else, of which nothing is told', async () => {
      const known = await person('admin');
      for (const [name, password] of [
        [known.username, 'wrong'],
        [known.username, `${PASSWORD} `],
        ['nobody', PASSWORD],
        ["' OR 1=1 --", PASSWORD],
        ['%', PASSWORD],
      ]) {
        const answer = await login(String(name), password);
        expect([answer.status, answer.body]).toEqual(UNAUTHENTICATED);
      }
      expect((await login('', '')).body).toMatchObject({
        errors: {
          username: ['The username field is required.'],
          password: ['The password field is required.'],
        },
      });
      expect((await login('x', { $ne: '' })).status).toBe(422);
    });

    it('takes as long for a name that does not exist as for a wrong password', async () => {
      const known = await person('admin');
      const times = { exists: [] as number[], doesNot: [] as number[] };
      const time = async (name: string, into: number[]): Promise<void> => {
        const before = performance.now();
        await login(name, 'wrong password');
        into.push(performance.now() - before);
      };
      // By turns, so that what else the machine does meets both.
      for (let i = 0; i < 15; i++) {
        await time(known.username, times.exists);
        await time('nobody.at.all', times.doesNot);
      }
      const median = (of: number[]): number => of.sort((a, b) => a - b)[7]!;
      const [exists, doesNot] = [median(times.exists), median(times.doesNot)];
      // One argon2id takes some 20 ms and more; without it the second would be a few ms.
      expect(doesNot / exists).toBeGreaterThan(0.5);
      expect(doesNot / exists).toBeLessThan(2);
    });

    it('until they are disabled, which ends their tokens for good', async () => {
      const agent = await person('supervisor');
      const made = await auth<{ data: { token: string } }>(agent.token, 'POST', '/tokens', { name: 'CRM' });
      const all = [agent.token, made.body.data.token];
      const statuses = () => Promise.all(all.map(async (token) => (await auth(token, 'GET', '/me')).status));
      expect(await statuses()).toEqual([200, 200]);
      await auth(tenant.token, 'PUT', `/users/${agent.id}`, { status: 'disabled' });
      expect(await statuses()).toEqual([401, 401]);
      const answer = await login(agent.username);
      expect([answer.status, answer.body]).toEqual(UNAUTHENTICATED);
      await auth(tenant.token, 'PUT', `/users/${agent.id}`, {
        status: 'active',
        password: 'another horse',
      });
      expect(await statuses()).toEqual([401, 401]);
      expect((await login(agent.username)).status).toBe(401);
      expect((await login(agent.username, 'another horse')).status).toBe(200);
    });

    it('and out, after which the token is good for nothing', async () => {
      const { token } = await person('admin');
      expect((await auth(token, 'POST', '/logout')).body).toEqual({ data: { logged_out: true } });
      expect((await auth(token, 'GET', '/me')).status).toBe(401);
      expect((await dialplane.api(token, 'GET', '/extensions')).status).toBe(401);
    });

    it('and keep no password anywhere in plain text', async () => {
      await person('admin');
      const rows = await dialplane.dataSource.query<{ password_hash: string }[]>('SELECT * FROM users');
      for (const row of rows) expect(row.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,/);
      const audit = await dialplane.dataSource.query<object[]>('SELECT * FROM audit_entries');
      for (const text of [JSON.stringify(rows), JSON.stringify(audit), dialplane.logLines.join()]) {
        expect(text).not.toContain(PASSWORD);
      }
    });
  });

  describe('are managed by administrators', () => {
    it('who make, list, find, change and delete them', async () => {
      const team = await addTeam(dialplane, tenant, 'Sales');
      await dialplane.api(tenant.token, 'POST', '/extensions', { extension_number: '1001' });
      const made = await auth<{ data: User & { password: string } }>(tenant.token, 'POST', '/users', {
        username: `Lan.${tenant.tenant.id}`,
        role: 'agent',
        extension_number: '1001',
        team_ids: [team.id, team.id],
      });
      const { id, username, password } = made.body.data;
      expect([made.status, made.body.data]).toMatchObject([
        201,
        {
          username: `lan.${tenant.tenant.id}`,
          extension_number: '1001',
          team_ids: [team.id],
          generated_password: true,
        },
      ]);
      expect((await login(username, password)).status).toBe(200);
      const found = await auth<{ data: User[]; total: number }>(tenant.token, 'GET', '/users?search=LAN.');
      expect(found.body.data.map((user) => user.id)).toContain(id);
      const changed = await auth<{ data: User }>(tenant.token, 'PUT', `/users/${id}`, {
        role: 'supervisor',
        pbx: 'admin',
        extension_number: null,
      });
      expect(changed.body.data).toMatchObject({ role: 'supervisor', pbx: 'admin', extension_number: null });
      const shown = await auth(tenant.token, 'GET', `/users/${id}`);
      expect(shown.body).toEqual(changed.body);
      expect(shown.headers.get('etag')).toBe(changed.headers.get('etag'));
      expect((await auth(tenant.token, 'DELETE', `/users/${id}`)).body).toEqual({ data: { deleted: true } });
      expect((await auth(tenant.token, 'GET', `/users/${id}`)).status).toBe(404);
      expect((await login(username, password)).status).toBe(401);
    });

    it('who are refused what cannot be', async () => {
      const { username } = await person('agent');
      const refused = async (body: object): Promise<object> => {
        const answer = await auth<{ errors: object }>(tenant.token, 'POST', '/users', body);
        return [answer.status, answer.body.errors];
      };
      expect(await refused({ username: username.toUpperCase(), role: 'admin' })).toEqual([
        422,
        { username: ['The username has already been taken.'] },
      ]);
      expect(await refused({ username: 'a b', role: 'operator', password: 'short', pbx: 'x' })).toEqual([
        422,
        {
          username: ['The username format is invalid.'],
          role: ['The selected role is invalid.'],
          password: ['The password must be at least 8 characters.'],
          pbx: ['The selected pbx is invalid.'],
        },
      ]);
      const other = await dialplane.tenant();
      const team = await addTeam(dialplane, other, 'Theirs');
      expect(await refused({ username: 'free.name', role: 'supervisor', team_ids: [team.id] })).toEqual([
        422,
        { team_ids: ['The selected team ids is invalid.'] },
      ]);
      expect(await refused({ username: 'free.name', role: 'agent', extension_number: '9999' })).toEqual([
        422,
        { extension_number: ['The selected extension number is invalid.'] },
      ]);
    });

    it('who cannot give them another name', async () => {
      const { id, username } = await person('agent');
      for (const other of ['another.name', null, 7]) {
        const answer = await auth(tenant.token, 'PUT', `/users/${id}`, { username: other, role: 'admin' });
        expect([answer.status, answer.body]).toMatchObject([
          422,
          { errors: { username: ['The username cannot be changed.'] } },
        ]);
      }
      const same = { username: ` ${username.toUpperCase()}`, email: 'lan@mail.test' };
      const answer = await auth<{ data: User }>(tenant.token, 'PUT', `/users/${id}`, same);
      expect([answer.status, answer.body.data]).toMatchObject([200, { role: 'agent', email: same.email }]);
    });

    it('who cannot lock everybody out, nor reach into another account', async () => {
      const admin = await person('admin');
      for (const change of [
        { role: 'agent' },
        { status: 'disabled' },
        { pbx: 'viewer' },
        { pbx_api_access: false },
      ]) {
        const answer = await auth(tenant.token, 'PUT', `/users/${admin.id}`, change);
        expect([answer.status, answer.body]).toEqual([
          409,
          { message: 'The account needs an active administrator.' },
        ]);
      }
      expect((await auth(tenant.token, 'DELETE', `/users/${admin.id}`)).status).toBe(409);
      const other = await dialplane.tenant();
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? {} : undefined;
        expect((await auth(other.token, method, `/users/${admin.id}`, body)).status).toBe(404);
      }
      await person('admin');
      expect((await auth(tenant.token, 'DELETE', `/users/${admin.id}`)).status).toBe(200);
    });

    it.each([
      ['made', 401, () => auth(tenant.token, 'POST', '/users', { username: 'free.name', role: 'agent' })],
      ['changed', 404, (id: number) => auth(tenant.token, 'PUT', `/users/${id}`, { email: 'lan@mail.test' })],
      ['deleted', 404, (id: number) => auth(tenant.token, 'DELETE', `/users/${id}`)],
      ['logged in', 401, (_: number, username: string) => login(username)],
    ])('and are not %s in an account that is deleted meanwhile', async (_, status, send) => {
      const { id, username } = await person('admin');
      const remove = (manager: EntityManager) => removeTenant(manager, tenant.tenant.id, []);
      const answer = await whileWaiting(dialplane, tenant, () => send(id, username), remove);
      // A request whose token is gone before it is looked at gets another answer on the embedded database.
      expect([401, status]).toContain(answer.status);
    });
  });
});
