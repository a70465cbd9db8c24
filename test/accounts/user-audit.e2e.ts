import { ApiToken } from '../../src/schema/api-token.entity';
import { type Team } from '../../src/schema/team.entity';
import { CommandLine } from '../harness/command-line';
import { APP_KEY, Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';
import { ask, login, operator, PASSWORD, person, type User } from '../harness/people';
import { addTeam } from '../harness/records';

interface Entry {
  resource: string;
  actor: { name: string };
  changes: object;
}

interface List {
  data: Entry[];
  total: number;
}

const REVOKED = {
  revoked_at: { before: null, after: expect.stringMatching(/^\d{4}-.*\+00:00$/) as string },
};
const idOf = (token: string): string => String(token.split('|')[0]);

describeOnEach('the audit of people tells', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let commandLine: CommandLine;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
    commandLine = new CommandLine({ APP_KEY, DATABASE_URL: dialplane.database.url });
  });
  afterAll(async () => {
    await commandLine.stop();
    await dialplane.stop();
  });
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });

  const auth = <T>(token: string, method: string, path: string, body?: unknown) =>
    ask<T>(dialplane, token, method, `/auth${path}`, body);
  const make = async (owner: string): Promise<string> =>
    (await auth<{ data: { token: string } }>(owner, 'POST', '/tokens', { name: 'CRM' })).body.data.token;
  const revoked = async (query = ''): Promise<List> => {
    const path = `/audit?resource_type=token&action=revoked${query}`;
    return (await dialplane.api<List>(tenant.token, 'GET', path)).body;
  };
  const password = { current_password: PASSWORD, new_password: 'another horse' };
  const managed = (method: string, body?: object) => (user: User) =>
    auth(tenant.token, method, `/users/${user.id}`, body);

  it('of everybody who had a team that is deleted', async () => {
    const [sales, support] = [
      await addTeam(dialplane, tenant, 'Sales'),
      await addTeam(dialplane, tenant, 'Support'),
    ];
    const has = (...teams: Team[]) =>
      person(dialplane, tenant, 'supervisor', { team_ids: teams.map(({ id }) => id) });
    const [both, one] = [await has(sales, support), await has(sales)];
    await has(support);
    await dialplane.api(tenant.token, 'DELETE', `/teams/${sales.id}`);
    const path = '/audit?resource_type=user&action=updated';
    const { body } = await dialplane.api<List>(tenant.token, 'GET', path);
    const told = (user: User, before: number[], after: number[]): object => ({
      resource: user.username,
      changes: { team_ids: { before, after } },
      actor: { name: 'admin' },
    });
    expect(body.data).toMatchObject([
      told(one, [sales.id], []),
      told(both, [sales.id, support.id], [support.id]),
    ]);
  });

  it.each([
    {
      with: 'the password that their user changes',
      end: ({ token }: { token: string }) => auth(token, 'POST', '/change-password', password),
      ended: ['second'],
      byOwner: true,
    },
    {
      with: 'the password that an administrator sets',
      end: managed('PUT', { password: 'another horse' }),
      ended: ['login', 'second'],
    },
    {
      with: 'their user, who is disabled',
      end: managed('PUT', { status: 'disabled' }),
      ended: ['login', 'second', 'made'],
    },
    { with: 'their user, who is deleted', end: managed('DELETE'), ended: ['login', 'second', 'made'] },
  ])('of the tokens that end with $with', async ({ end, ended, byOwner = false }) => {
    const user = await person(dialplane, tenant, 'supervisor');
    const tokens: Record<string, string> = {
      login: user.token,
      second: (await login(dialplane, user.username)).body.token,
      made: await make(user.token),
    };
    await person(dialplane, tenant, 'supervisor');
    // What ended before ends no second time.
    await auth(user.token, 'DELETE', `/tokens/${idOf(await make(user.token))}`);
    const before = (await revoked()).total;
    expect((await end(user)).status).toBe(200);
    const { data, total } = await revoked();
    expect(total - before).toBe(ended.length);
    const entries = data.slice(0, ended.length);
    expect(entries.map(({ resource }) => resource).reverse()).toEqual(
      ended.map((name) => idOf(tokens[name] ?? '')),
    );
    const actor = { name: byOwner ? user.username : 'admin' };
    for (const entry of entries) expect(entry).toMatchObject({ actor, changes: REVOKED });
    for (const [name, token] of Object.entries(tokens))
      expect((await auth(token, 'GET', '/me')).status).toBe(ended.includes(name) ? 401 : 200);
  });

  it('of the tokens that end with an operator who is let out on the command line', async () => {
    const username = `root.${tenant.tenant.id}`;
    const own = await operator(dialplane, username);
    const ids = [own, await make(own)].map(idOf);
    await commandLine.run(['operator', 'disable', '--username', username]);
    const entries = await dialplane.dataSource.query<{ actor: string; id: string; changes: string }[]>(
      `SELECT actor_kind AS actor, resource AS id, changes FROM audit_entries
       WHERE tenant_id = 0 AND resource_type = 'token' AND action = 'revoked' ORDER BY seq`,
    );
    expect(entries.map(({ actor, id }) => [actor, id])).toEqual(ids.map((id) => ['command_line', id]));
    for (const { changes } of entries) expect(JSON.parse(changes)).toEqual(REVOKED);
  });

  it('of very many that end at once together, in a chain that holds', async () => {
    const user = await person(dialplane, tenant, 'supervisor');
    const { manager } = dialplane.dataSource;
    const row = {
      tenantId: tenant.tenant.id,
      userId: user.id,
      name: 'x',
      secretHash: '',
      createdAt: new Date(),
    };
    const rows = Array.from({ length: 1_200 }, () => row);
    for (const chunk of [rows.slice(0, 600), rows.slice(600)])
      await manager.createQueryBuilder().insert().into(ApiToken).values(chunk).updateEntity(false).execute();
    expect((await managed('PUT', { status: 'disabled' })(user)).status).toBe(200);
    const { data } = await revoked();
    expect(data).toMatchObject([
      { resource: `${idOf(user.token)} and on`, changes: { tokens: { before: rows.length + 1, after: 0 } } },
    ]);
    expect((await commandLine.run(['audit', 'verify'])).code).toBe(0);
  });
});
