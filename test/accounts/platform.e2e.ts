import { removeTenant } from '../../src/pbx/tenant-admin/remove-tenant';
import { lockUser } from '../../src/accounts/users/lock-user';
import { User } from '../../src/schema/user.entity';
import { type Phone } from '../fake-freeswitch/fake-freeswitch';
import { type AuditList } from '../harness/audit';
import { CommandLine } from '../harness/command-line';
import { APP_KEY } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { importFile } from '../harness/imports';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';
import { ask, login, operator, person } from '../harness/people';
import { addCallerId } from '../harness/records';
import { registers, Site } from '../harness/site';
import { whileWaiting } from '../harness/while-waiting';

interface Tenant {
  id: number;
  domain: string;
  status: string;
  max_extensions: number | null;
  max_devices: number;
  max_legs: number;
  country_code: string;
  usage: Record<string, number>;
}

describeOnEach("the platform's operators", (lane) => {
  let site: Site;
  let commandLine: CommandLine;
  let token: string;
  let phone: Phone;

  beforeEach(async () => {
    site = await Site.start(lane);
    site.quickenSecondPass();
    commandLine = new CommandLine({ APP_KEY, DATABASE_URL: site.dialplane.database.url });
    token = await operator(site.dialplane);
    phone = await site.create('1001');
  });
  afterEach(async () => {
    await commandLine.stop();
    await site.stop();
  });

  const platform = <T = { data: Tenant }>(method: string, path: string, body?: unknown, by = token) =>
    ask<T>(site.dialplane, by, method, `/platform/tenants${path}`, body);
  const ours = (): string => `/${site.tenant.tenant.id}`;

  it('are nobody in a tenant, and nobody else is one of them', async () => {
    expect((await ask(site.dialplane, token, 'GET', '/auth/me')).body).toMatchObject({
      data: { user: { username: 'root.op', role: 'operator', tenant_id: null }, permissions: ['platform'] },
    });
    expect((await site.api('GET', '', undefined, token)).status).toBe(403);
    expect((await ask(site.dialplane, token, 'GET', '/auth/users')).status).toBe(403);
    const admin = await person(site.dialplane, site.tenant, 'admin');
    for (const other of [site.tenant.token, admin.token]) {
      expect((await platform('GET', '', undefined, other)).status).toBe(403);
      expect((await platform('PUT', ours(), { status: 'disabled' }, other)).status).toBe(403);
    }
    const narrow = { name: 'x', role: 'read_only', pbx: 'viewer', pbx_api_access: false };
    const tokens = await ask<{ errors: object }>(site.dialplane, token, 'POST', '/auth/tokens', narrow);
    expect([tokens.status, Object.keys(tokens.body.errors)]).toEqual([
      422,
      ['role', 'pbx', 'pbx_api_access'],
    ]);
    const users = await ask(site.dialplane, admin.token, 'POST', '/auth/users', {
      username: 'x.op',
      role: 'operator',
    });
    expect(users.status).toBe(422);
  });

  it('make, list and change tenants, and see what each uses', async () => {
    const made = await platform('POST', '', {
      name: 'Acme',
      domain: 'ACME.test',
      max_extensions: 2,
      country_code: '49',
    });
    expect([made.status, made.body.data]).toMatchObject([
      201,
      {
        domain: 'acme.test',
        status: 'active',
        max_extensions: 2,
        max_devices: 10,
        max_legs: 400,
        country_code: '49',
        usage: { extensions: 0 },
      },
    ]);
    const list = await platform<{ data: Tenant[]; total: number }>('GET', '?search=pbx.test');
    expect(list.body).toMatchObject({
      total: 1,
      data: [{ domain: 'pbx.test', usage: { extensions: 1, tokens: 1 } }],
    });
    const changed = await platform('PUT', ours(), { max_extensions: 1, max_devices: 2, max_legs: 40 });
    expect(changed.body.data).toMatchObject({ max_extensions: 1, max_devices: 2, max_legs: 40 });
    expect((await site.api('POST', '', { extension_number: '1002' })).status).toBe(422);
    expect((await platform('PUT', ours(), { country_code: '66' })).body.data.country_code).toBe('66');
    await addCallerId(site.dialplane, site.tenant, '0900000020');
    expect((await platform('PUT', ours(), { country_code: '84' })).body).toMatchObject({
      errors: { country_code: ['The country code cannot be changed while the account has caller IDs.'] },
    });
    for (const domain of ['other.test', null])
      expect((await platform('PUT', ours(), { domain, name: 'Other' })).body).toMatchObject({
        errors: { domain: ['The domain cannot be changed.'] },
      });
    const same = await platform('PUT', ours(), { domain: 'PBX.test', name: 'Same' });
    expect([same.status, same.body.data]).toMatchObject([200, { domain: 'pbx.test', name: 'Same' }]);
    const stale = { Authorization: `Bearer ${token}`, 'If-Match': '"stale"' };
    const path = `/api/platform/tenants${ours()}`;
    expect((await site.dialplane.request('DELETE', path, { headers: stale })).status).toBe(412);
    const { headers } = await platform('GET', ours());
    const fresh = { ...stale, 'If-Match': headers.get('etag') ?? '' };
    expect((await site.dialplane.request('DELETE', path, { headers: fresh })).status).toBe(409);
    expect((await platform('PUT', ours(), { max_extensions: 0 })).body).toMatchObject({
      errors: { max_extensions: ['The max extensions must be at least 1.'] },
    });
    for (const [body, field] of [
      [{ name: 'x', domain: 'pbx.test' }, 'domain'],
      [{ name: 'x', domain: '1.test' }, 'domain'],
      [{ domain: 'y.test' }, 'name'],
      [{ name: 'x', domain: 'y.test', country_code: '0' }, 'country_code'],
      [{ name: 'x', domain: 'y.test', max_devices: 11 }, 'max_devices'],
      [{ name: 'x', domain: 'y.test', max_devices: null }, 'max_devices'],
      [{ name: 'x', domain: 'y.test', max_legs: 1 }, 'max_legs'],
    ] as const) {
      const refused = await platform<{ errors: object }>('POST', '', body);
      expect([refused.status, Object.keys(refused.body.errors)]).toEqual([422, [field]]);
    }
  });

  it('disable a tenant: its phones are out, its tokens open nothing, its people cannot log in', async () => {
    const admin = await person(site.dialplane, site.tenant, 'admin');
    expect(await registers(site.fs1, phone)).toBe(true);
    expect((await platform('PUT', ours(), { status: 'disabled' })).body.data.status).toBe('disabled');
    expect(site.fs1.registrations(phone)).toHaveLength(0);
    expect(await registers(site.fs1, phone)).toBe(false);
    expect((await site.api('GET', '')).status).toBe(403);
    expect((await login(site.dialplane, admin.username)).status).toBe(403);
    await platform('PUT', ours(), { status: 'active' });
    expect(await registers(site.fs1, phone)).toBe(true);
    expect((await site.api('GET', '')).status).toBe(200);
  });

  it('see in the audit of a tenant that was disabled what nodes did about all its phones', async () => {
    await registers(site.fs1, phone);
    await platform('PUT', ours(), { status: 'disabled' });
    await platform('PUT', ours(), { status: 'active' });
    await site.verified('1001');
    const path = '/audit?resource_type=tenant&action=updated';
    const { body } = await site.dialplane.api<{ data: object[] }>(site.tenant.token, 'GET', path);
    expect(body.data[1]).toMatchObject({
      changes: { status: { before: 'active', after: 'disabled' } },
      freeswitch: {
        status: 'done',
        nodes: [
          { node: 'fs1', users: 1, pending_users: 0, dropped_contacts: 1 },
          { node: 'fs2', users: 1, pending_users: 0, dropped_contacts: 0 },
        ],
      },
    });
  });

  it('delete a tenant when it is empty and forgotten, and the audit of it stays', async () => {
    const full = await platform<{ message: string }>('DELETE', ours());
    expect([full.status, full.body]).toEqual([
      409,
      { message: 'The account is not empty: it has 1 extension.' },
    ]);
    await site.api('DELETE', '/1001');
    await site.verified('1001');
    await importFile(site.dialplane, site.tenant.token, 'extension_number\n1\n');
    await person(site.dialplane, site.tenant, 'admin');
    const deleted = await platform('DELETE', ours());
    expect([deleted.status, deleted.body]).toEqual([200, { data: { deleted: true } }]);
    expect((await platform('GET', ours())).status).toBe(404);
    expect((await site.api('GET', '')).status).toBe(401);
    const verified = await commandLine.run(['audit', 'verify']);
    expect(verified.code).toBe(0);
    expect(verified.stdout).toContain('deleted tenant');
    const again = await platform('POST', '', { name: 'again', domain: 'pbx.test' });
    expect(again.status).toBe(201);
    const told = await ask<AuditList>(site.dialplane, token, 'GET', '/platform/audit?resource_type=tenant');
    expect(told.body.data).toMatchObject([
      { action: 'created', actor: { name: 'root.op' }, changes: { id: { after: again.body.data.id } } },
      { action: 'deleted', actor: { name: 'root.op' }, changes: { id: { before: site.tenant.tenant.id } } },
      { action: 'created', actor: { kind: 'system' }, changes: { id: { after: site.tenant.tenant.id } } },
    ]);
  });

  it.each(['PUT', 'DELETE'])('%s a tenant that is deleted meanwhile, which is not there', async (method) => {
    const send = () => platform(method, ours(), method === 'PUT' ? { name: 'Acme' } : undefined);
    const answer = await whileWaiting(site.dialplane, site.tenant, send, (manager) =>
      removeTenant(manager, site.tenant.tenant.id, []),
    );
    expect([answer.status, answer.body]).toEqual([404, { message: 'Resource not found' }]);
  });

  it('are listed on the command line, and let out and in there', async () => {
    const own = await ask<{ data: { token: string } }>(site.dialplane, token, 'POST', '/auth/tokens', {
      name: 'x',
    });
    const tokens = [token, own.body.data.token];
    const statuses = () =>
      Promise.all(tokens.map(async (each) => (await platform('GET', '', undefined, each)).status));
    const run = (...args: string[]) => commandLine.run(['operator', ...args]);
    const made = await run('create', '--username', 'never.in', '--json');
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const listed = JSON.parse((await run('list', '--json')).stdout) as { operators: object[] };
    const time = expect.stringMatching(/^\d{4}-.*\+00:00$/) as unknown;
    expect(listed.operators).toEqual([
      {
        id: expect.any(Number) as unknown,
        username: 'never.in',
        status: 'active',
        created_at: time,
        last_login_at: null,
      },
      {
        id: expect.any(Number) as unknown,
        username: 'root.op',
        status: 'active',
        created_at: time,
        last_login_at: time,
      },
    ]);
    const [never, root] = (await run('list')).stdout.trim().split('\n');
    expect(never).toMatch(/^never\.in, active, created \S+, never logged in$/);
    expect(root).toMatch(/^root\.op, active, created \S+, last logged in \S+$/);

    expect(await statuses()).toEqual([200, 200]);
    const disable = ['disable', '--username', 'Root.Op'];
    expect(await run(...disable)).toMatchObject({ code: 0, stdout: 'Operator root.op is disabled\n' });
    expect(await statuses()).toEqual([401, 401]);
    expect((await login(site.dialplane, 'root.op')).status).toBe(401);
    expect((await run('list')).stdout).toContain('root.op, disabled, ');
    expect((await run(...disable)).code).toBe(0);
    const enabled = await run('enable', '--username', 'root.op', '--json');
    expect(JSON.parse(enabled.stdout)).toMatchObject({ username: 'root.op', status: 'active' });
    // What was ended stays so.
    expect(await statuses()).toEqual([401, 401]);
    expect((await login(site.dialplane, 'root.op')).status).toBe(200);

    const entries = await site.dialplane.dataSource.query<{ actor: string; changes: string }[]>(
      `SELECT actor_kind AS actor, changes FROM audit_entries
       WHERE tenant_id = 0 AND resource = 'root.op' AND action = 'updated' ORDER BY seq`,
    );
    const change = (before: string, after: string) => ({
      actor: 'command_line',
      changes: JSON.stringify({ status: { before, after } }),
    });
    expect(entries).toEqual([change('active', 'disabled'), change('disabled', 'active')]);
    expect((await commandLine.run(['audit', 'verify'])).code).toBe(0);
  });

  it('are out when they are let in at the same time, before it', async () => {
    const { manager } = site.dialplane.dataSource;
    const { id } = await manager.findOneByOrFail(User, { username: 'root.op' });
    await commandLine.run(['operator', 'disable', '--username', 'root.op']);
    const disabled = await whileWaiting(
      site.dialplane,
      site.tenant,
      () => commandLine.run(['operator', 'disable', '--username', 'root.op']),
      (held) => held.update(User, id, { status: 'active' }),
      (held) => lockUser(held, { id, tenantId: null }),
    );
    expect(disabled).toMatchObject({ code: 0, stderr: '' });
    expect(await manager.findOneByOrFail(User, { id })).toMatchObject({ status: 'disabled' });
  });

  it('are not who is none: neither people of tenants nor nobody are let out as one', async () => {
    const { username } = await person(site.dialplane, site.tenant, 'admin');
    for (const name of [username, 'nobody']) {
      const answer = await commandLine.run(['operator', 'disable', '--username', name]);
      expect(answer).toMatchObject({ code: 1, stderr: `There is no operator "${name}".\n` });
    }
    expect((await login(site.dialplane, username)).status).toBe(200);
  });

  it('delete a tenant though a node that is no longer in use has forgotten nothing of it', async () => {
    await site.fs2.refuse();
    await nodeReady(site.dialplane, 'fs2', false);
    await site.api('DELETE', '/1001');
    await eventually(async () => (await site.receipts('1001'))[0]?.nodes[0]?.status === 'verified');
    const refused = await platform<{ message: string }>('DELETE', ours());
    expect([refused.status, refused.body]).toEqual([
      409,
      { message: 'FreeSWITCH nodes still have to drop extensions of the account.' },
    ]);
    await site.dialplane.dataSource.query("UPDATE revocation_nodes SET node = 'retired' WHERE node = 'fs2'");
    expect((await platform('DELETE', ours())).status).toBe(200);
    expect((await platform('GET', ours())).status).toBe(404);
  });

  it('and people of tenants are made on the command line, with a password piped in or made', async () => {
    const user = ['user', 'create', '--tenant', 'pbx.test'];
    const piped = await commandLine.execute([...user, '--username', 'Lan', '--json'], {}, 'piped password\n');
    expect(JSON.parse(piped.stdout)).toMatchObject({ username: 'lan', role: 'admin' });
    expect(piped.stdout).not.toContain('piped password');
    expect((await login(site.dialplane, 'lan', 'piped password')).status).toBe(200);
    const made = await commandLine.run([
      ...user,
      '--username',
      'minh',
      '--role',
      'agent',
      '--extension',
      '1001',
      '--json',
    ]);
    const { password } = JSON.parse(made.stdout) as { password: string };
    const agent = (await login(site.dialplane, 'minh', password)).body.token;
    expect((await site.api('GET', '', undefined, agent)).body).toMatchObject({ total: 1 });
    for (const [args, stderr] of [
      [['--username', 'lan'], 'The username has already been taken.\n'],
      [['--username', 'a b'], 'The username format is invalid.\n'],
      [['--username', 'neu', '--role', 'operator'], 'The selected role is invalid.\n'],
      [['--username', 'neu', '--extension', '9999'], 'The selected extension number is invalid.\n'],
    ] as const) {
      expect(await commandLine.run([...user, ...args])).toMatchObject({ code: 1, stderr });
    }
    const short = await commandLine.run([...user, '--username', 'neu'], {}, 'short\n');
    expect(short).toMatchObject({ code: 1, stderr: 'The password must be at least 8 characters.\n' });
  });

  it('and their tokens, which can be ended there too', async () => {
    await commandLine.run([
      'user',
      'create',
      '--tenant',
      'pbx.test',
      '--username',
      'lan',
      '--role',
      'read_only',
    ]);
    const token = ['token', 'create', '--tenant', 'pbx.test', '--name', 'CRM'];
    const made = (await commandLine.run([...token, '--user', 'lan'])).stdout.trim();
    expect((await site.api('GET', '', undefined, made)).status).toBe(200);
    expect((await site.api('POST', '', { extension_number: '1002' }, made)).status).toBe(403);
    const [id = ''] = made.split('|');
    expect(await commandLine.run(['token', 'revoke', '--id', id])).toMatchObject({ code: 0 });
    expect((await site.api('GET', '', undefined, made)).status).toBe(401);
    expect(await commandLine.run(['token', 'revoke', '--id', id])).toMatchObject({
      code: 1,
      stderr: `There is no live token ${id}.\n`,
    });
    expect(await commandLine.run([...token, '--user', 'nobody'])).toMatchObject({ code: 1 });
  });
});
