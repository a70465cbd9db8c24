import { type EntityManager } from 'typeorm';
import { SYSTEM } from '../../src/core/actor';
import { TokenStore } from '../../src/accounts/tokens/token-store';
import { User as UserRow, type UserStatus } from '../../src/schema/user.entity';
import { UsersService } from '../../src/accounts/users/users.service';
import { type Answer, Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';
import * as harness from '../harness/people';
import { ask, PASSWORD } from '../harness/people';
import { whileWaiting } from '../harness/while-waiting';

const ANOTHER = 'another horse';

describeOnEach('people change their own password', (lane) => {
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

  const change = (token: string, body: object) => auth(token, 'POST', '/change-password', body);

  it('which ends their other logins', async () => {
    const user = await person('agent');
    const second = (await login(user.username)).body.token;
    const body = { current_password: PASSWORD, new_password: ANOTHER };
    expect((await change(user.token, body)).body).toEqual({ data: { changed: true } });
    expect((await auth(second, 'GET', '/me')).status).toBe(401);
    expect((await auth(user.token, 'GET', '/me')).status).toBe(200);
    expect((await login(user.username)).status).toBe(401);
    expect((await login(user.username, ANOTHER)).status).toBe(200);
  });

  it('also logins that are under way with the old one', async () => {
    const user = await person('agent');
    const under = Array.from({ length: 12 }, () => login(user.username));
    await auth(tenant.token, 'PUT', `/users/${user.id}`, { password: ANOTHER });
    for (const { status, body } of await Promise.all(under)) {
      if (status === 200) expect((await auth(body.token, 'GET', '/me')).status).toBe(401);
      else expect(status).toBe(401);
    }
  });

  it('not when an administrator sets another meanwhile', async () => {
    const user = await person('agent');
    const body = { current_password: PASSWORD, new_password: ANOTHER };
    // Each is compared before the administrator's is there, and hashed after.
    const under = Array.from({ length: 8 }, () => change(user.token, body));
    const path = `/users/${user.id}`;
    expect((await auth(tenant.token, 'PUT', path, { password: 'the office knows' })).status).toBe(200);
    for (const answer of await Promise.all(under)) expect([200, 401, 422]).toContain(answer.status);
    expect((await login(user.username, ANOTHER)).status).toBe(401);
    expect((await login(user.username, 'the office knows')).status).toBe(200);
  });

  it('not when they are disabled meanwhile', async () => {
    const user = await person('agent');
    const body = { current_password: PASSWORD, new_password: ANOTHER };
    const setStatus = (status: UserStatus) => (manager: EntityManager) =>
      manager.update(UserRow, user.id, { status });
    const send = () => change(user.token, body);
    const answer = await whileWaiting(dialplane, tenant, send, setStatus('disabled'));
    // On the embedded database it may come to be looked at only after.
    expect([401, 422]).toContain(answer.status);
    await setStatus('active')(dialplane.dataSource.manager);
    expect((await login(user.username)).status).toBe(200);
  });

  it('not without the present one', async () => {
    const user = await person('agent');
    const answer = await change(user.token, { current_password: 'x', new_password: ANOTHER });
    expect([answer.status, answer.body]).toMatchObject([
      422,
      { errors: { current_password: ['The current password is incorrect.'] } },
    ]);
    expect((await login(user.username)).status).toBe(200);
  });
});

describeOnEach('guesses of the own password', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let names = 0;
  let addresses = 0;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane, { RATE_LIMIT_LOGIN: '4', TRUSTED_PROXIES: '127.0.0.1' });
    tenant = await dialplane.tenant();
  });
  afterAll(() => dialplane.stop());

  const user = async (): Promise<{ id: number; username: string }> => {
    const given = { username: `lan.${++names}`, role: 'agent', password: PASSWORD } as const;
    return (await dialplane.get(UsersService).create(tenant.tenant.id, given, SYSTEM)).known.user;
  };
  const tokenOf = async ({ id }: { id: number }): Promise<string> => {
    const row = { tenantId: tenant.tenant.id, userId: id, name: 'x', role: null, expiresAt: null };
    return (await dialplane.get(TokenStore).create(row, SYSTEM)).token;
  };
  const elsewhere = (): string => `192.0.2.${++addresses}`;
  const post = (path: string, body: object, address: string, token?: string): Promise<Answer<unknown>> =>
    dialplane.request('POST', `/api/auth${path}`, {
      headers: {
        'Content-Type': 'application/json',
        'X-Forwarded-For': address,
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
  const change = (token: string, current_password: string, address = elsewhere()) =>
    post('/change-password', { current_password, new_password: ANOTHER }, address, token);
  const login = (username: string, password: string, address = elsewhere()) =>
    post('/login', { username, password }, address);
  const told = ({ status, headers }: Answer<unknown>): unknown[] => [
    status,
    ...['limit', 'remaining'].map((name) => headers.get(`x-ratelimit-${name}`)),
  ];

  it('count as logins of that name, whatever token and address they come from', async () => {
    const lan = await user();
    expect(told(await login(lan.username, 'wrong'))).toEqual([401, '4', '3']);
    for (const remaining of ['2', '1', '0'])
      expect(told(await change(await tokenOf(lan), 'wrong'))).toEqual([422, '4', remaining]);
    for (const refused of [await change(await tokenOf(lan), PASSWORD), await login(lan.username, PASSWORD)]) {
      expect(told(refused)).toEqual([429, '4', '0']);
      const after = refused.headers.get('retry-after');
      expect(refused.body).toEqual({ message: `Too many requests. Retry after ${after} seconds.` });
    }
    expect(told(await change(await tokenOf(await user()), 'wrong'))).toEqual([422, '4', '3']);
  });

  it('count as logins from that address, whoever is guessed', async () => {
    const address = elsewhere();
    for (const remaining of ['3', '2', '1', '0'])
      expect(told(await change(await tokenOf(await user()), 'wrong', address))).toEqual([
        422,
        '4',
        remaining,
      ]);
    expect(told(await change(await tokenOf(await user()), PASSWORD, address))).toEqual([429, '4', '0']);
    expect(told(await login('nobody', PASSWORD, address))).toEqual([429, '4', '0']);
  });

  it('count also when they are right, as a login does', async () => {
    const lan = await user();
    expect(told(await change(await tokenOf(lan), PASSWORD))).toEqual([200, '4', '3']);
    expect(told(await login(lan.username, ANOTHER))).toEqual([200, '4', '2']);
  });
});
