import { IsNull } from 'typeorm';
import { type Extension } from '../../src/schema/extension.entity';
import { RevocationNode } from '../../src/schema/revocation-node.entity';
import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { Dialplane, type TestTenant, XML_CURL_PASSWORD } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';
import { eventually } from '../harness/eventually';
import { stopwatch } from '../harness/stopwatch';

interface Made {
  data: { sip_password: string };
}

type Phone = { user: string; domain: string; password: string };

describeOnEach('what FreeSWITCH must forget', (lane) => {
  let fs1: FakeFreeSwitch;
  let fs2: FakeFreeSwitch;
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let phone: Phone;

  beforeEach(async () => {
    const directoryAuth = { username: 'freeswitch', password: XML_CURL_PASSWORD };
    fs1 = await FakeFreeSwitch.start({ name: 'fs1', directoryAuth });
    fs2 = await FakeFreeSwitch.start({ name: 'fs2', directoryAuth });
    dialplane = await start();
    tenant = await dialplane.tenant({ domain: 'pbx.test' });
    phone = await create('1001');
  });

  afterEach(async () => {
    await dialplane.stop();
    await Promise.all([fs1.stop(), fs2.stop()]);
  });

  async function start(database?: Dialplane['database']): Promise<Dialplane> {
    const nodes = { FREESWITCH_NODES: `${fs1.address} ${fs2.address}` };
    const started = await Dialplane.start(lane, nodes, database);
    for (const fake of [fs1, fs2]) {
      fake.directoryUrl = `${started.url}/freeswitch/directory`;
      await nodeReady(started, fake.name);
    }
    return started;
  }
  const api = <T = unknown>(method: string, path: string, body?: unknown) =>
    dialplane.api<T>(tenant.token, method, `/extensions${path}`, body);
  async function create(number: string): Promise<Phone> {
    const made = await api<Made>('POST', '', { extension_number: number });
    return { user: number, domain: 'pbx.test', password: made.body.data.sip_password };
  }
  const registers = async (fake: FakeFreeSwitch, as: Phone = phone): Promise<boolean> =>
    (await fake.register(as)).status === 200;
  const pending = (): Promise<number> =>
    dialplane.dataSource.manager.countBy(RevocationNode, { verifiedAt: IsNull() });

  it.each([
    ['delete', () => api('DELETE', '/1001')],
    ['disable', () => api('PUT', '/1001', { status: 'disabled' })],
  ])('after a %s has answered, no node lets the phone in, and none holds its contact', async (_name, end) => {
    for (const fake of [fs1, fs2]) {
      expect(await registers(fake)).toBe(true);
      expect(await registers(fake)).toBe(true);
      expect(fake.registrations(phone)).toHaveLength(2);
      fake.forgetCommands();
    }
    expect((await end()).status).toBe(200);
    for (const fake of [fs1, fs2]) {
      expect(fake.registrations(phone)).toEqual([]);
      expect(fake.commands).toContain('api xml_flush_cache id 1001 pbx.test');
      expect(fake.commands).toContain('api sofia profile internal flush_inbound_reg 1001@pbx.test');
      expect(fake.commands).toContain('api sofia profile internal flush_inbound_reg 1001.pbx.test@pbx.test');
      expect(await registers(fake)).toBe(false);
    }
  });

  it('leaves the contacts of other extensions and other tenants', async () => {
    const neighbour = await create('1002');
    const other = await dialplane.tenant({ domain: 'other.test' });
    const made = await dialplane.api<Made>(other.token, 'POST', '/extensions', { extension_number: '1001' });
    const namesake = { user: '1001', domain: 'other.test', password: made.body.data.sip_password };
    for (const each of [phone, neighbour, namesake]) await registers(fs1, each);
    await api('DELETE', '/1001');
    expect(fs1.registrations(neighbour)).toHaveLength(1);
    expect(fs1.registrations(namesake)).toHaveLength(1);
    expect(
      fs1.commands.filter((command) => /flush_inbound_reg *$|flush_inbound_reg [^@]*$/.test(command)),
    ).toEqual([]);
    expect(fs1.commands.filter((command) => /xml_flush_cache( id)?( \S+)?$/.test(command))).toEqual([]);
  });

  it('after a rotation the old password is refused and the new one works, the cache being full', async () => {
    expect(await registers(fs1)).toBe(true);
    const rotated = await api<Made>('POST', '/1001/change-password', {});
    expect(await registers(fs1)).toBe(false);
    expect(await registers(fs1, { ...phone, password: rotated.body.data.sip_password })).toBe(true);
  });

  it('a change of what FreeSWITCH was told is asked for anew; one that changes nothing is not', async () => {
    await registers(fs1);
    fs1.forgetCommands();
    await api('PUT', '/1001', { display_name: null });
    expect(fs1.commands.filter((command) => command.includes('xml_flush_cache'))).toEqual([]);
    await api('PUT', '/1001', { display_name: 'New' });
    expect(await fs1.api('user_data 1001@pbx.test var effective_caller_id_name')).toBe('New');
    expect(fs1.registrations(phone)).toHaveLength(1);
    expect(fs1.commands.filter((command) => command.includes('flush_inbound_reg'))).toEqual([]);
  });

  describe('with a lookup in flight', () => {
    it.each([
      ['not yet read by FreeSWITCH', 'holdDirectoryAnswers', 'waitForHeldAnswer', 'releaseDirectoryAnswers'],
      ['read, but not yet cached', 'holdParsing', 'waitForHeldParsing', 'releaseParsing'],
    ] as const)('whose answer is %s, the phone is out for good', async (_name, hold, held, release) => {
      fs1[hold]();
      const registering = fs1.register(phone);
      await fs1[held]();
      const deleting = api('DELETE', '/1001');
      // The delete is on its way to the node, or waits for the lookup; then the old answer goes on.
      await eventually(async () =>
        (await dialplane.lookupUser('1001', 'pbx.test')).text.includes('not found'),
      );
      fs1[release]();
      expect((await deleting).status).toBe(200);
      await registering;
      await eventually(async () => (await pending()) === 0);
      expect(await registers(fs1)).toBe(false);
      expect(fs1.registrations(phone)).toEqual([]);
    });

    it('that something between FreeSWITCH and Dialplane holds up past the delete, the phone is put out at once', async () => {
      fs1.holdParsing();
      const registering = fs1.register(phone);
      await fs1.waitForHeldParsing();
      // FreeSWITCH itself is asked in the course of the delete, and held as well.
      await api('DELETE', '/1001');
      expect(await pending()).toBeGreaterThan(0);
      fs1.releaseParsing();
      await registering;
      await eventually(() => fs1.registrations(phone).length === 0);
      expect(await registers(fs1)).toBe(false);
    });

    it('a delete answers only when the lookup is over', async () => {
      fs1.holdDirectoryAnswers();
      const registering = fs1.register(phone);
      await fs1.waitForHeldAnswer();
      const deleting = api('DELETE', '/1001');
      await eventually(async () =>
        (await dialplane.lookupUser('1001', 'pbx.test')).text.includes('not found'),
      );
      fs1.releaseDirectoryAnswers();
      await deleting;
      await registering;
      expect(await registers(fs1)).toBe(false);
      expect(fs1.registrations(phone)).toEqual([]);
    });
  });

  describe('a node that is away', () => {
    it('gets what it missed when it returns', async () => {
      for (const fake of [fs1, fs2]) await registers(fake);
      await fs2.refuse();
      await nodeReady(dialplane, 'fs2', false);
      expect((await api('DELETE', '/1001')).status).toBe(200);
      expect(fs1.registrations(phone)).toEqual([]);
      expect(fs2.registrations(phone)).toHaveLength(1);
      await fs2.accept();
      await eventually(() => fs2.registrations(phone).length === 0);
      expect(await registers(fs2)).toBe(false);
      await eventually(async () => (await pending()) === 0);
    });

    it('gets it also when Dialplane was restarted meanwhile', async () => {
      for (const fake of [fs1, fs2]) await registers(fake);
      await fs2.refuse();
      await nodeReady(dialplane, 'fs2', false);
      await api('DELETE', '/1001');
      await dialplane.stop({ keepDatabase: true });
      await fs2.accept();
      dialplane = await start(dialplane.database);
      await eventually(() => fs2.registrations(phone).length === 0);
    });

    it('is served at once when a session that was lost in the middle is back', async () => {
      await registers(fs2);
      fs2.hang();
      fs2.forgetCommands();
      const deleting = api('DELETE', '/1001');
      await fs2.waitForCommand((command) => command.includes('xml_flush_cache'));
      fs2.reset();
      await nodeReady(dialplane, 'fs2', false);
      fs2.unhang();
      fs2.forgetCommands();
      await nodeReady(dialplane, 'fs2');
      const elapsed = stopwatch();
      await fs2.waitForCommand((command) => command.includes('flush_inbound_reg'));
      // Sooner than a revocation that failed by itself would be tried again.
      expect(elapsed()).toBeLessThan(700);
      await deleting;
    });

    it('does not keep the client waiting: hanging, two seconds at the most', async () => {
      await registers(fs1);
      fs2.hang();
      const elapsed = stopwatch();
      expect((await api('DELETE', '/1001')).status).toBe(200);
      expect(elapsed()).toBeLessThan(2_500);
      expect(fs1.registrations(phone)).toEqual([]);
      fs2.unhang();
      await eventually(async () => (await pending()) === 0);
    });
  });

  it('one that cannot be carried out holds up no other', async () => {
    const other = await dialplane.tenant({ domain: 'other.test' });
    const made = await dialplane.api<Made>(other.token, 'POST', '/extensions', { extension_number: '2001' });
    const theirs = { user: '2001', domain: 'other.test', password: made.body.data.sip_password };
    await registers(fs1, theirs);
    fs1.answerWith('user_exists id 1001 pbx.test', 'true');
    expect((await api('DELETE', '/1001')).status).toBe(200);
    expect((await dialplane.api(other.token, 'DELETE', '/extensions/2001')).status).toBe(200);
    expect(fs1.registrations(theirs)).toEqual([]);
    const scrape = await dialplane.request('GET', '/metrics');
    expect(scrape.text).toMatch(/dialplane_flushes_total\{node="fs1",result="failed"\} [1-9]/);
    const asked = fs1.commands.filter((command) => command === 'api user_exists id 1001 pbx.test').length;
    expect(asked).toBeLessThanOrEqual(6);
  });

  it('are many at once, and all done when they answer', async () => {
    const phones = await Promise.all(Array.from({ length: 16 }, (_, i) => create(String(3000 + i))));
    for (const each of phones) await registers(fs1, each);
    const answers = await Promise.all(phones.map(({ user }) => api('DELETE', `/${user}`)));
    expect(answers.map(({ status }) => status)).toEqual(phones.map(() => 200));
    expect(phones.filter((each) => fs1.registrations(each).length > 0)).toEqual([]);
    await eventually(async () => (await pending()) === 0);
  });

  it('a number given anew keeps its new phone through the second pass', async () => {
    await registers(fs1);
    await api('DELETE', '/1001');
    const successor = await create('1001');
    expect(await registers(fs1, successor)).toBe(true);
    await eventually(async () => (await pending()) === 0);
    expect(fs1.registrations(successor)).toHaveLength(1);
    expect(await registers(fs1)).toBe(false);
  });

  it('is written with the change or not at all', async () => {
    await dialplane.dataSource.query('DROP TABLE revocation_nodes');
    const answer = await api('DELETE', '/1001');
    expect([answer.status, answer.body]).toEqual([500, { message: 'Server error' }]);
    const kept = await dialplane.dataSource.query<Extension[]>('SELECT deleted_at FROM extensions');
    expect(kept).toEqual([{ deleted_at: null }]);
  });
});
