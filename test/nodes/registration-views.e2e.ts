import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { Dialplane, type TestTenant, XML_CURL_PASSWORD } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';
import { addTeam } from '../harness/records';

interface View {
  data: {
    status: string;
    as_of: string;
    since: string | null;
    source: string;
    nodes: { expected: number; asked: number; answered: number; states: { name: string; state: string }[] };
    devices: Record<string, unknown>[];
    registered_with_previous_password: boolean | null;
  };
}

interface List {
  data: { extension_number: string; status: string; since: string | null }[];
  total: number;
  last_page: number;
}

describeOnEach('what is told of registrations', (lane) => {
  let fs1: FakeFreeSwitch;
  let fs2: FakeFreeSwitch;
  let dialplane: Dialplane;
  let tenant: TestTenant;
  const phones = new Map<string, { user: string; domain: string; password: string }>();

  beforeEach(async () => {
    const directoryAuth = { username: 'freeswitch', password: XML_CURL_PASSWORD };
    fs1 = await FakeFreeSwitch.start({ directoryAuth, name: 'fs1' });
    fs2 = await FakeFreeSwitch.start({ directoryAuth, name: 'fs2' });
    dialplane = await Dialplane.start(lane, { FREESWITCH_NODES: `${fs1.address} ${fs2.address}` });
    for (const fake of [fs1, fs2]) {
      fake.directoryUrl = `${dialplane.url}/freeswitch/directory`;
      await nodeReady(dialplane, fake.name);
    }
    tenant = await dialplane.tenant();
    const team = await addTeam(dialplane, tenant, 'Sales');
    await create('1001', { team_id: team.id, display_name: 'Anna' });
    await create('1002', { display_name: 'Bert' });
    await create('1003', {});
    await eventually(async () => (await view('1001')).nodes.answered === 2);
  });

  afterEach(async () => {
    await dialplane.stop();
    await Promise.all([fs1.stop(), fs2.stop()]);
  });

  async function create(number: string, more: object): Promise<void> {
    const made = await dialplane.api<{ data: { sip_password: string } }>(
      tenant.token,
      'POST',
      '/extensions',
      {
        extension_number: number,
        ...more,
      },
    );
    const { domain } = tenant.tenant;
    phones.set(number, { user: number, domain, password: made.body.data.sip_password });
  }

  const phone = (number: string): { user: string; domain: string; password: string } => {
    const found = phones.get(number);
    if (!found) throw new Error(number);
    return found;
  };

  async function view(number: string): Promise<View['data']> {
    const answer = await dialplane.api<View>(tenant.token, 'GET', `/extensions/${number}/registration`);
    expect(answer.status).toBe(200);
    return answer.body.data;
  }

  const list = async (query: string, token = tenant.token): Promise<List> =>
    (await dialplane.api<List>(token, 'GET', `/registrations${query}`)).body;
  const numbers = async (query: string): Promise<string[]> =>
    (await list(query)).data.map((row) => row.extension_number);

  it('shows each device, where it is and how that is known', async () => {
    const before = new Date(Math.floor(Date.now() / 1000) * 1000);
    const first = await fs1.register({
      ...phone('1001'),
      contact: 'sip:1001@192.0.2.7:5060;transport=tls',
      userAgent: 'Zoiper "5" <rv>',
      networkIp: '192.0.2.7',
      expires: 300,
    });
    await fs2.register(phone('1001'));
    await eventually(async () => (await view('1001')).devices.length === 2);
    const seen = await view('1001');
    expect(seen).toMatchObject({ status: 'registered', source: 'event' });
    expect(seen.nodes).toMatchObject({ expected: 2, asked: 2, answered: 2 });
    expect(seen.devices[0]).toMatchObject({
      contact: first.contact,
      user_agent: 'Zoiper "5" <rv>',
      transport: 'unknown',
      network_ip: '192.0.2.7',
      node: 'fs1',
      profile: 'internal',
      reachable: null,
      registered_with_previous_password: false,
    });
    expect(seen.devices[1]).toMatchObject({ node: 'fs2' });
    for (const time of [seen.since, seen.as_of]) expect(new Date(time ?? 0) >= before).toBe(true);
    const lasts = new Date(String(seen.devices[0]?.expires_at)).getTime() - before.getTime();
    expect(lasts / 1000).toBeGreaterThanOrEqual(300);
    expect(lasts / 1000).toBeLessThan(380);
    const ids = seen.devices.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    expect(ids[0]).toMatch(/^[0-9a-f]{16}$/);
    // The next registration of the same phone is the same device.
    const again = { contact: first.contact, networkIp: '192.0.2.7', userAgent: 'Zoiper 6' };
    await fs1.register({ ...phone('1001'), ...again });
    await eventually(async () => (await view('1001')).devices[0]?.user_agent === 'Zoiper 6');
    expect((await view('1001')).devices.map(({ id }) => id)).toEqual(ids);
  });

  it('says since when a phone is gone, once it has seen it go', async () => {
    expect(await view('1001')).toMatchObject({ status: 'unregistered', since: null, source: 'snapshot' });
    await fs1.register(phone('1001'));
    await fs1.unregister(phone('1001'));
    await eventually(async () => {
      const { status, since } = await view('1001');
      return status === 'unregistered' && since !== null;
    });
    expect(await view('1001')).toMatchObject({ status: 'unregistered', source: 'event', devices: [] });
  });

  it('names the nodes that it cannot ask', async () => {
    await fs1.register(phone('1001'));
    await fs2.refuse();
    await eventually(async () => (await view('1002')).status === 'unknown');
    expect(await view('1001')).toMatchObject({ status: 'registered' });
    const { nodes, source, devices, registered_with_previous_password: previous } = await view('1002');
    expect(previous).toBeNull();
    expect(nodes).toMatchObject({ expected: 2, asked: 1, answered: 1 });
    expect(nodes.states.map(({ name, state }) => [name, state])).toEqual([
      ['fs1', 'answering'],
      ['fs2', 'away'],
    ]);
    expect([source, devices]).toEqual(['none', []]);
  });

  it('shows what a list showed, and what the phone answers when it is asked', async () => {
    await fs1.register(phone('1001'));
    fs1.restart();
    await eventually(async () => (await view('1001')).nodes.answered === 1);
    await eventually(async () => (await view('1001')).nodes.answered === 2);
    const { devices } = await view('1001');
    const [row] = fs1.registrations(phone('1001'));
    expect(devices).toHaveLength(1);
    for (const [status, reachable] of [
      ['408', false],
      ['200', true],
    ] as const) {
      fs1.fire('sofia::sip_user_state', {
        sip_contact: row?.contact ?? '',
        'profile-name': 'internal',
        'from-user': row?.user ?? '',
        'from-host': row?.host ?? '',
        Status: status,
      });
      await eventually(async () => (await view('1001')).devices[0]?.reachable === reachable);
    }
  });

  it('shows which phone still holds on with the password from before a rotation', async () => {
    const holds = async () => {
      const { devices, registered_with_previous_password: some } = await view('1001');
      return [some, ...devices.map((device) => device.registered_with_previous_password)];
    };
    await fs1.register(phone('1001'));
    await eventually(async () => (await view('1001')).devices.length === 1);
    expect(await holds()).toEqual([false, false]);
    // Within the second of the rotation nobody knows which came first: the database keeps whole seconds.
    let password = '';
    await eventually(async () => {
      const path = '/extensions/1001/change-password';
      const answer = await dialplane.api<{ data: { sip_password: string } }>(tenant.token, 'POST', path, {});
      password = answer.body.data.sip_password;
      return (await holds())[0] === true;
    });
    expect((await fs1.register(phone('1001'))).status).toBe(403);
    expect(await holds()).toEqual([true, true]);
    const { contact } = fs1.registrations(phone('1001'))[0] ?? {};
    const renewed = { ...phone('1001'), password, contact: /<(.*)>/.exec(contact ?? '')?.[1] ?? '' };
    await eventually(async () => {
      expect((await fs1.register(renewed)).status).toBe(200);
      return (await holds())[0] === false;
    });
    expect(await holds()).toEqual([false, false]);
  });

  it('lists the whole account in one call', async () => {
    await fs1.register(phone('1002'));
    await eventually(async () => (await list('?status=registered')).total === 1);
    const all = await list('');
    expect(all.data.map((row) => [row.extension_number, row.status])).toEqual([
      ['1001', 'unregistered'],
      ['1002', 'registered'],
      ['1003', 'unregistered'],
    ]);
    expect(all.data[1]?.since).not.toBeNull();
    expect(await numbers('?status=registered')).toEqual(['1002']);
    expect(await numbers('?status=unregistered&per_page=1&page=2')).toEqual(['1003']);
    expect(await list('?status=unregistered&per_page=1')).toMatchObject({ total: 2, last_page: 2 });
    expect(await numbers('?status=unknown')).toEqual([]);
    expect(await numbers('?search=an')).toEqual(['1001']);
    expect(await numbers('?search=100&per_page=1000')).toHaveLength(3);
    const team = (await dialplane.api<{ data: { team_id: number }[] }>(tenant.token, 'GET', '/extensions'))
      .body;
    expect(await numbers(`?team_id=${team.data[0]?.team_id}`)).toEqual(['1001']);
    await fs2.refuse();
    await eventually(async () => (await list('?status=unknown')).total === 2);
    expect(await numbers('?status=registered')).toEqual(['1002']);
  });

  it.each(['?per_page=1001', '?status=online', '?team_id=x', '?page=0'])('refuses %s', async (query) => {
    const answer = await dialplane.api(tenant.token, 'GET', `/registrations${query}`);
    expect(answer.status).toBe(422);
  });

  it("adds the state to the extensions' list when asked", async () => {
    await fs1.register(phone('1001'));
    await eventually(async () => (await view('1001')).status === 'registered');
    const plain = await dialplane.api<{ data: object[] }>(tenant.token, 'GET', '/extensions');
    expect(Object.keys(plain.body.data[0] ?? {})).toHaveLength(12);
    const more = await dialplane.api<{ data: { sip_registration: string }[] }>(
      tenant.token,
      'GET',
      '/extensions?include=sip_registration',
    );
    expect(more.body.data.map((row) => row.sip_registration)).toEqual([
      'registered',
      'unregistered',
      'unregistered',
    ]);
    expect(Object.keys(more.body.data[0] ?? {})).toHaveLength(13);
    const wrong = await dialplane.api(tenant.token, 'GET', '/extensions?include=everything');
    expect(wrong.status).toBe(422);
  });

  it('tells no tenant of another', async () => {
    await fs1.register(phone('1001'));
    await eventually(async () => (await view('1001')).status === 'registered');
    const other = await dialplane.tenant();
    expect((await list('', other.token)).data).toEqual([]);
    await dialplane.api(other.token, 'POST', '/extensions', { extension_number: '1001' });
    expect((await list('', other.token)).data).toMatchObject([{ status: 'unregistered' }]);
    const theirs = await dialplane.api<View>(other.token, 'GET', '/extensions/1001/registration');
    expect(theirs.body.data.devices).toEqual([]);
    const missing = await dialplane.api(other.token, 'GET', '/extensions/1002/registration');
    expect(missing.status).toBe(404);
  });
});
