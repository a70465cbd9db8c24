import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { Dialplane, type TestTenant } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { sqliteLane } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';

interface Change {
  at: string;
  node: string;
  from: string;
  to: string;
}

interface Registration {
  status: string;
  unknown_reason: string | null;
  nodes: { states: { name: string; state: string; since: string; state_since: string }[] };
}

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00/;

// No database is in this: one of them is enough.
describe('what is left of a node that did not answer', () => {
  let fs1: FakeFreeSwitch;
  let fs2: FakeFreeSwitch;
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeEach(async () => {
    fs1 = await FakeFreeSwitch.start({ name: 'fs1' });
    fs2 = await FakeFreeSwitch.start({ name: 'fs2' });
    dialplane = await Dialplane.start(sqliteLane, { FREESWITCH_NODES: `${fs1.address} ${fs2.address}` });
    for (const { name } of [fs1, fs2]) await nodeReady(dialplane, name);
    tenant = await dialplane.tenant();
    await dialplane.api(tenant.token, 'POST', '/extensions', { extension_number: '1001' });
    await becomes('unregistered');
  });

  afterEach(async () => {
    await dialplane.stop();
    await Promise.all([fs1.stop(), fs2.stop()]);
  });

  async function get<T>(path: string): Promise<T> {
    return (await dialplane.api<{ data: T }>(tenant.token, 'GET', `/extensions/1001/${path}`)).body.data;
  }

  async function becomes(status: string): Promise<Registration> {
    await eventually(async () => (await get<Registration>('registration')).status === status);
    return get<Registration>('registration');
  }

  const changes = async (): Promise<Change[]> =>
    (await get<{ evidence: { node_changes: Change[] } }>('diagnosis')).evidence.node_changes;

  const logged = (): object[] =>
    dialplane.logLines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event, node }) => event === 'node.state_changed' && node === 'fs2')
      .map(({ level, node, from, to }) => ({ level, node, from, to }));

  async function gauge(node: string): Promise<Record<string, number>> {
    const { text } = await dialplane.request('GET', '/metrics');
    const lines = text.matchAll(/^dialplane_node_state\{node="(\w+)",state="(\w+)"\} (\d)$/gm);
    const own = [...lines].filter(([, name]) => name === node);
    return Object.fromEntries(own.map(([, , state = '', value]) => [state, Number(value)]));
  }

  it('is why a status is unknown', async () => {
    expect(await get('registration')).toMatchObject({ unknown_reason: null });
    fs2.hang();
    const silent = await becomes('unknown');
    expect(silent.unknown_reason).toMatch(new RegExp(`^node fs2 silent since ${TIME.source}$`));
    const [, state] = silent.nodes.states;
    expect(state).toMatchObject({ name: 'fs2', state: 'silent' });
    expect(silent.unknown_reason).toContain(state?.state_since);
    await Promise.all([fs1.refuse(), fs2.refuse()]);
    const reasons = new RegExp(`^node fs1 away since ${TIME.source}; node fs2 away since ${TIME.source}$`);
    await eventually(async () => reasons.test((await becomes('unknown')).unknown_reason ?? ''));
    fs2.unhang();
    await Promise.all([fs1.accept(), fs2.accept()]);
    expect((await becomes('unregistered')).unknown_reason).toBeNull();
  });

  it('is a line in the log, a gauge, and an entry in diagnosis', async () => {
    await eventually(async () => (await gauge('fs2'))['answering'] === 1);
    fs2.hang();
    await becomes('unknown');
    expect(await gauge('fs2')).toEqual({ answering: 0, listing: 0, silent: 1, away: 0 });
    fs2.unhang();
    await becomes('unregistered');
    expect(logged().slice(-2)).toEqual([
      { level: 40, node: 'fs2', from: 'answering', to: 'silent' },
      { level: 30, node: 'fs2', from: 'silent', to: 'answering' },
    ]);
    const [back, silent, ...earlier] = (await changes()).filter(({ node }) => node === 'fs2');
    expect([back, silent]).toEqual([
      { at: expect.stringMatching(TIME) as string, node: 'fs2', from: 'silent', to: 'answering' },
      { at: expect.stringMatching(TIME) as string, node: 'fs2', from: 'answering', to: 'silent' },
    ]);
    // A busy machine may have had it silent before.
    expect(earlier.slice(-2).map(({ from, to }) => [from, to])).toEqual([
      ['listing', 'answering'],
      ['away', 'listing'],
    ]);
  });

  it('is no alarm when Dialplane itself stops', async () => {
    const own = await Dialplane.start(sqliteLane, { FREESWITCH_NODES: fs1.address });
    await nodeReady(own, 'fs1');
    await own.stop();
    expect(own.logLines.filter((line) => line.includes('"to":"away"'))).toEqual([]);
  });
});
