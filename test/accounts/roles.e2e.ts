import { type Answer, Dialplane, type TestTenant } from '../harness/dialplane';
import { EventStream } from '../harness/event-stream';
import { describeOnEach } from '../harness/lanes';
import { ask, person, type User } from '../harness/people';
import { addTeam } from '../harness/records';

interface List {
  data: { extension_number: string }[];
  total: number;
}

describeOnEach('who sees and changes which extensions', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let teams: { sales: number; support: number };
  let agent: User & { token: string };
  let supervisor: User & { token: string };

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
    tenant = await dialplane.tenant();
    const sales = (await addTeam(dialplane, tenant, 'Sales')).id;
    const support = (await addTeam(dialplane, tenant, 'Support')).id;
    teams = { sales, support };
    for (const [extension_number, team_id] of [
      ['1001', sales],
      ['1002', sales],
      ['2001', support],
      ['3001', null],
    ]) {
      await dialplane.api(tenant.token, 'POST', '/extensions', { extension_number, team_id });
    }
    agent = await person(dialplane, tenant, 'agent', { extension_number: '1001' });
    supervisor = await person(dialplane, tenant, 'supervisor', { team_ids: [sales] });
  });
  afterAll(() => dialplane.stop());

  const api = <T = unknown>(
    token: string,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Answer<T>> => dialplane.api<T>(token, method, path, body);
  const seen = async (token: string, path: string): Promise<string[]> =>
    (await api<List>(token, 'GET', path)).body.data.map(({ extension_number }) => extension_number);
  const status = async (...request: Parameters<typeof api>): Promise<number> =>
    (await api(...request)).status;

  it.each([
    ['/extensions', ['1001'], ['1001', '1002']],
    ['/registrations', ['1001'], ['1001', '1002']],
    ['/extensions?search=00', ['1001'], ['1001', '1002']],
    ['/registrations?search=2001', [], []],
  ])('in %s', async (path, own, ofTeam) => {
    expect(await seen(agent.token, path)).toEqual(own);
    expect(await seen(supervisor.token, path)).toEqual(ofTeam);
  });

  it('one by one: what is not theirs is not there', async () => {
    for (const suffix of ['', '/registration', '/diagnosis', '/directory', '/revocations']) {
      expect(await status(agent.token, 'GET', `/extensions/1001${suffix}`)).toBe(200);
      expect(await status(agent.token, 'GET', `/extensions/1002${suffix}`)).toBe(404);
      expect(await status(supervisor.token, 'GET', `/extensions/1002${suffix}`)).toBe(200);
      for (const number of ['2001', '3001', '9999']) {
        expect(await status(supervisor.token, 'GET', `/extensions/${number}${suffix}`)).toBe(404);
      }
    }
  });

  it('in the stream, each his own', async () => {
    const snapshot = async (token: string): Promise<string[]> => {
      const stream = await EventStream.open(dialplane.url, { token });
      const { data } = await stream.next<{ extensions: { extension_number: string }[] }>();
      stream.close();
      return data.extensions.map(({ extension_number }) => extension_number);
    };
    expect(await snapshot(agent.token)).toEqual(['1001']);
    expect(await snapshot(supervisor.token)).toEqual(['1001', '1002']);
    expect(await snapshot(tenant.token)).toEqual(['1001', '1002', '2001', '3001']);
  });

  it('an agent sets what concerns him alone', async () => {
    const change = (body: object) => status(agent.token, 'PUT', '/extensions/1001', body);
    expect(await change({ display_name: 'Lan', voicemail_enabled: true, voicemail_pin: '4711' })).toBe(200);
    for (const body of [
      { status: 'disabled' },
      { recording_mode: 'none' },
      { max_concurrent: 9 },
      { outbound_caller_id: null },
      { team_id: null },
      { tls_enabled: true },
    ]) {
      expect([body, await change(body)]).toEqual([body, 403]);
    }
    expect(await status(agent.token, 'POST', '/extensions/1001/change-password', {})).toBe(200);
    expect(await status(agent.token, 'DELETE', '/extensions/1001/registration')).toBe(200);
    expect(await status(agent.token, 'PUT', '/extensions/1002', { display_name: 'x' })).toBe(404);
    expect(await status(agent.token, 'POST', '/extensions/1002/change-password', {})).toBe(404);
    expect(await status(agent.token, 'DELETE', '/extensions/1002/registration')).toBe(404);
    expect(await status(agent.token, 'DELETE', '/extensions/1001')).toBe(403);
    expect(await status(agent.token, 'GET', '/caller-ids')).toBe(403);
  });

  it('a supervisor changes those of his teams, and keeps them there', async () => {
    const change = (number: string, body: object) =>
      api(supervisor.token, 'PUT', `/extensions/${number}`, body);
    expect((await change('1002', { max_concurrent: 3 })).status).toBe(200);
    expect((await change('2001', { max_concurrent: 3 })).status).toBe(404);
    for (const team_id of [teams.support, null]) {
      expect((await change('1002', { team_id })).body).toMatchObject({
        errors: { team_id: ['The selected team id is invalid.'] },
      });
    }
    expect(await status(supervisor.token, 'POST', '/extensions', { extension_number: '1009' })).toBe(403);
    const rotate = (body: object) => api(supervisor.token, 'POST', '/extensions/change-passwords', body);
    expect((await rotate({ all: true })).body).toMatchObject({
      data: [{ extension_number: '1001' }, { extension_number: '1002' }],
    });
    expect((await rotate({ team_id: teams.support })).status).toBe(422);
    expect((await rotate({ extension_numbers: ['2001'] })).status).toBe(422);
  });

  it('a supervisor of a higher tier makes and deletes them too', async () => {
    const head = await person(dialplane, tenant, 'supervisor', { team_ids: [teams.support], pbx: 'admin' });
    const make = (extension_number: string, team_id: number | null) =>
      status(head.token, 'POST', '/extensions', { extension_number, team_id });
    expect(await make('2002', null)).toBe(422);
    expect(await make('2002', teams.sales)).toBe(422);
    expect(await make('2002', teams.support)).toBe(201);
    expect(await status(head.token, 'DELETE', '/extensions/1002')).toBe(404);
    expect(await status(head.token, 'DELETE', '/extensions/2002')).toBe(200);
  });

  it('an agent without an extension, and a supervisor without a team, see none', async () => {
    const without = await person(dialplane, tenant, 'agent');
    expect(await seen(without.token, '/extensions')).toEqual([]);
    const teamless = await person(dialplane, tenant, 'supervisor');
    expect(await seen(teamless.token, '/extensions')).toEqual([]);
    expect(await status(teamless.token, 'GET', '/extensions/1001')).toBe(404);
  });

  it("a supervisor's token of the role agent sees his own extension, if he does", async () => {
    const tokenOf = async (extension_number: string): Promise<string> => {
      const head = await person(dialplane, tenant, 'supervisor', {
        team_ids: [teams.sales],
        extension_number,
      });
      const body = { name: 'softphone', role: 'agent' };
      const made = await ask<{ data: { token: string } }>(
        dialplane,
        head.token,
        'POST',
        '/auth/tokens',
        body,
      );
      return made.body.data.token;
    };
    const inTeam = await tokenOf('1002');
    for (const path of ['/extensions', '/registrations']) expect(await seen(inTeam, path)).toEqual(['1002']);
    expect(await status(inTeam, 'GET', '/extensions/1001')).toBe(404);
    expect(await status(inTeam, 'PUT', '/extensions/1002', { display_name: 'Lan' })).toBe(200);
    const inNone = await tokenOf('3001');
    for (const path of ['/extensions', '/registrations']) expect(await seen(inNone, path)).toEqual([]);
    for (const suffix of ['', '/registration', '/diagnosis', '/directory', '/revocations']) {
      expect(await status(inNone, 'GET', `/extensions/3001${suffix}`)).toBe(404);
    }
    expect(await status(inNone, 'PUT', '/extensions/3001', { display_name: 'Lan' })).toBe(404);
  });

  it('an agent loses sight of a number that somebody else has now', async () => {
    await dialplane.api(tenant.token, 'POST', '/extensions', { extension_number: '4001' });
    const other = await person(dialplane, tenant, 'agent', { extension_number: '4001' });
    await dialplane.api(tenant.token, 'DELETE', '/extensions/4001');
    await dialplane.api(tenant.token, 'POST', '/extensions', { extension_number: '4001' });
    expect(await seen(other.token, '/extensions')).toEqual([]);
    expect(await status(other.token, 'POST', '/extensions/4001/change-password', {})).toBe(404);
    for (const suffix of ['', '/registration', '/diagnosis', '/revocations']) {
      expect(await status(other.token, 'GET', `/extensions/4001${suffix}`)).toBe(404);
    }
  });

  it('who reads only, reads all and changes nothing', async () => {
    const reader = await person(dialplane, tenant, 'read_only', { pbx: 'admin' });
    expect(await seen(reader.token, '/extensions')).toHaveLength(4 + 1);
    expect(await status(reader.token, 'PUT', '/extensions/1001', {})).toBe(403);
    expect(await status(reader.token, 'POST', '/extensions/1001/change-password', {})).toBe(403);
    expect((await ask(dialplane, reader.token, 'GET', '/pbx/audit')).status).toBe(200);
  });
});
