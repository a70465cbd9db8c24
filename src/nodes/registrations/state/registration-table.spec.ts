import { holdsPreviousPassword, type Seen } from './device';
import { RegistrationTable } from './registration-table';

const T0 = 1_800_000_000_000;
const EXPIRES = T0 + 600_000;

const seen = (number: string, more: Partial<Seen> = {}): Seen => ({
  profile: 'internal',
  number,
  domain: 'pbx.test',
  contact: `<sip:${number}@192.0.2.1>`,
  callId: `call-${number}`,
  agent: 'Phone',
  transport: 'unknown',
  networkIp: '192.0.2.1',
  networkPort: 5060,
  expiresAt: EXPIRES,
  reachable: null,
  since: T0,
  heardFrom: 'event',
  ...more,
});
const gone = (number: string): Parameters<RegistrationTable['gone']>[0] => ({
  user: number,
  domain: 'pbx.test',
  profile: 'internal',
  callId: `call-${number}`,
  contact: `<sip:${number}@192.0.2.1>`,
  at: T0,
});

describe('the registrations of a node', () => {
  let node: RegistrationTable;
  let changes: string[];

  beforeEach(() => {
    changes = [];
    node = new RegistrationTable('fs1', (number) => changes.push(number));
  });

  const holds = (number: string, now = T0): boolean => node.holds(number, 'pbx.test', now);
  async function list(
    began: number,
    rows: Seen[],
    meanwhile = (): unknown => undefined,
    profile = 'internal',
  ): Promise<void> {
    const round = node.beginRound(profile, began);
    meanwhile();
    for (const row of rows) node.see(round, row, began + 10);
    await node.endRound(round);
  }

  it('follow a list: what it shows is there, what it does not show is gone', async () => {
    await list(T0, [seen('1001'), seen('1002')]);
    expect([holds('1001'), holds('1002'), node.size]).toEqual([true, true, 2]);
    await list(T0 + 30_000, [seen('1002')]);
    expect([holds('1001'), holds('1002')]).toEqual([false, true]);
    expect(changes).toEqual(['1001', '1002', '1001']);
  });

  it('are not taken from a list of another profile, nor from one that broke off', async () => {
    node.registered(seen('1001'), T0 - 60_000);
    await list(T0, [], undefined, 'wss');
    expect(holds('1001')).toBe(true);
    node.dropRound(node.beginRound('internal', T0));
    expect(holds('1001')).toBe(true);
  });

  it('believe an event that came while a list was on its way', async () => {
    await list(T0, [], () => node.registered(seen('1001'), T0 + 1));
    expect(holds('1001')).toBe(true);
    await list(T0 + 10_000, [seen('1001')], () => node.gone(gone('1001'), T0 + 10_001));
    expect(holds('1001')).toBe(false);
  });

  it('do not come back from a list that FreeSWITCH began before it had written the end down', async () => {
    node.registered(seen('1001'), T0 - 60_000);
    node.gone(gone('1001'), T0 - 100);
    await list(T0, [seen('1001')]);
    expect(holds('1001')).toBe(false);
    await node.sweep(T0 + 60_000);
    await list(T0 + 60_000, [seen('1001')]);
    expect(holds('1001')).toBe(true);
  });

  it('end with a list even shortly after their event: FreeSWITCH writes a REGISTER down first', async () => {
    node.registered(seen('1001'), T0 - 100);
    await list(T0, []);
    expect(holds('1001')).toBe(false);
  });

  it('run out by themselves', async () => {
    node.registered(seen('1001'), T0);
    expect([holds('1001', EXPIRES - 1), holds('1001', EXPIRES)]).toEqual([true, false]);
    await node.sweep(EXPIRES);
    expect([node.size, changes]).toEqual([0, ['1001', '1001']]);
  });

  it('end with their connection, of which only the Call-ID is told, unless it is that of several', () => {
    const closed = { ...gone('1001'), contact: '' };
    node.registered(seen('1001'), T0);
    node.registered(seen('1001', { contact: '<sip:1001@192.0.2.2>', callId: 'other' }), T0);
    expect(node.gone(closed, T0)).toBe(true);
    expect(node.live('1001', 'pbx.test', T0).map(({ callId }) => callId)).toEqual(['other']);
    node.registered(seen('1001', { contact: '<sip:1001@192.0.2.3>', callId: 'other' }), T0);
    expect(node.gone({ ...closed, callId: 'other' }, T0)).toBe(false);
    expect(node.live('1001', 'pbx.test', T0)).toHaveLength(2);
  });

  it('do not come back from a list that was on its way when the node said that they are gone', async () => {
    node.registered(seen('1001'), T0);
    const round = node.beginRound('internal', T0 + 1_000);
    const alone = node.beginRound('internal', T0 + 1_001, { number: '1001', domain: 'pbx.test' });
    await node.endRound(alone, T0 + 1_002);
    node.see(round, seen('1001'), T0 + 1_003);
    await node.endRound(round);
    expect(holds('1001', T0 + 1_004)).toBe(false);
  });

  it('are there since their event, or since before anybody looked', async () => {
    await list(T0, [seen('1001', { since: null })]);
    node.registered(seen('1002', { since: T0 + 5 }), T0 + 9);
    node.registered(seen('1001', { since: T0 + 5 }), T0 + 9);
    // A new one, not a refresh, that a list showed before its event came.
    expect([node.since('1001', 'pbx.test'), node.since('1002', 'pbx.test')]).toEqual([T0 + 5, T0 + 5]);
    await list(T0, [seen('1003', { since: null })]);
    node.registered(seen('1003', { since: null }), T0 + 9);
    expect(node.since('1003', 'pbx.test')).toBeNull();
  });

  it('are reachable or not since the event of their ping; since when a list shows it is not known', async () => {
    const reach = () =>
      node.live('1001', 'pbx.test', T0).map((each) => [each.reachable, each.reachableSince])[0];
    node.registered(seen('1001'), T0);
    expect(reach()).toEqual([null, null]);
    node.pinged({ ...gone('1001'), at: T0 + 7 }, false);
    expect(reach()).toEqual([false, T0 + 7]);
    node.registered(seen('1001'), T0 + 9);
    node.pinged({ ...gone('1001'), at: T0 + 20 }, false);
    expect(reach()).toEqual([false, T0 + 7]);
    await list(T0 + 30, [seen('1001', { reachable: true })]);
    expect(reach()).toEqual([true, null]);
  });

  it('tell of the extension whose contact another one took over', () => {
    node.registered(seen('1001', { contact: '<sip:x@192.0.2.9>' }), T0);
    expect(node.registered(seen('1001', { contact: '<sip:x@192.0.2.9>' }), T0)).toBeNull();
    expect(node.registered(seen('1002', { contact: '<sip:x@192.0.2.9>' }), T0)).toMatchObject({
      number: '1001',
    });
  });

  describe('with a password from before a rotation', () => {
    const rotation = (changedAt: number, forgottenAt: number | null = changedAt + 100) => ({
      changedAt,
      forgottenAt,
    });
    const device = () => {
      const [found] = node.live('1001', 'pbx.test', T0);
      if (!found) throw new Error('no device');
      return found;
    };

    it('are known by when they registered', () => {
      node.registered(seen('1001'), T0);
      expect(holdsPreviousPassword(device(), rotation(T0 + 5_000))).toBe(true);
      expect(holdsPreviousPassword(device(), rotation(T0 + 5_000, null))).toBe(true);
      expect(holdsPreviousPassword(device(), rotation(T0 - 5_000))).toBe(false);
    });

    it('may be those that came between the change and its reaching the node', () => {
      node.registered(seen('1001'), T0);
      expect(holdsPreviousPassword(device(), rotation(T0 - 50, T0 + 50))).toBeNull();
      expect(holdsPreviousPassword(device(), rotation(T0 - 50, null))).toBeNull();
    });

    it('cannot be told from a list, until a later one shows that they registered again', async () => {
      await list(T0, [seen('1001')]);
      expect(holdsPreviousPassword(device(), rotation(T0 - 5_000))).toBeNull();
      expect(holdsPreviousPassword(device(), rotation(T0 + 5_000))).toBe(true);
      await list(T0 + 60_000, [seen('1001', { expiresAt: EXPIRES + 60_000 })]);
      expect(holdsPreviousPassword(device(), rotation(T0 - 5_000))).toBe(false);
    });
  });
});
