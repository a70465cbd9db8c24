import { deviceId } from '../../src/freeswitch/device-id';
import { type FakeFreeSwitch, type Phone } from '../fake-freeswitch/fake-freeswitch';
import { type TestTenant } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';
import { type NodeReceipt, registers, Site } from '../harness/site';
import { stopwatch } from '../harness/stopwatch';

interface Kicked {
  data: { unregistered: true; nodes: NodeReceipt[] };
}

describeOnEach('putting phones out that may come back', (lane) => {
  let site: Site;
  let fs1: FakeFreeSwitch;
  let phone: Phone;
  let other: TestTenant;

  beforeEach(async () => {
    site = await Site.start(lane);
    ({ fs1 } = site);
    phone = await site.create('1001');
    other = await site.dialplane.tenant({ domain: 'other.test' });
  });
  afterEach(() => site.stop());

  /** The device id of the user's newest contact on the node. */
  const device = (fake: FakeFreeSwitch): string =>
    deviceId(fake.name, 'internal', fake.registrations(phone).at(-1)!.contact);
  const kick = (suffix = '', token?: string) =>
    site.api<Kicked>('DELETE', `/1001/registration${suffix}`, undefined, token);
  const flushes = (): string[] =>
    fs1.commands.flatMap((command) => /flush_inbound_reg (.*)$/.exec(command)?.[1] ?? []);

  it('drops every contact, and leaves one that was made since', async () => {
    await registers(fs1, phone);
    await registers(site.fs2, phone);
    const answer = await kick();
    expect([answer.status, answer.body]).toMatchObject([
      200,
      {
        data: {
          unregistered: true,
          nodes: [
            { node: 'fs1', dropped_contacts: 1, status: 'pending', last_error: null },
            { node: 'fs2', dropped_contacts: 1, status: 'pending', last_error: null },
          ],
        },
      },
    ]);
    for (const fake of [fs1, site.fs2]) expect(fake.registrations(phone)).toEqual([]);
    expect(await registers(fs1, phone)).toBe(true);
    const receipt = await site.verified('1001');
    expect(receipt.nodes[0]?.dropped_contacts).toBe(1);
    expect(fs1.registrations(phone)).toHaveLength(1);
  });

  it('drops one device, and leaves the other, with the same address on another node too', async () => {
    const at = (networkIp: string): Phone => ({ ...phone, contact: `sip:1001@${networkIp}:5060`, networkIp });
    await registers(fs1, at('10.0.0.1'));
    await registers(site.fs2, at('10.0.0.2'));
    await registers(fs1, { ...at('10.0.0.2'), callId: 'a-Call.Id_1@10.0.0.2' });
    const id = device(fs1);
    const answer = await kick(`/${id}`);
    expect(answer.body.data.nodes.map((node) => node.dropped_contacts)).toEqual([1, 0]);
    expect(fs1.registrations(phone).map(({ contact }) => contact)).toEqual(['"" <sip:1001@10.0.0.1:5060>']);
    expect(site.fs2.registrations(phone)).toHaveLength(1);
    expect(flushes()).toEqual(['a-Call.Id_1@10.0.0.2']);
    expect(await site.verified('1001')).toMatchObject({ reason: 'unregistered', device: id });
  });

  it.each([
    'a,b',
    "a'b@10.0.0.1",
    "it's 'a'",
    'a\\b@10.0.0.1',
    '<a>/"b"@10.0.0.1',
    'abc@pbx.test',
    'a/b',
    '(a)',
    '%a',
    'a\r\n b',
    'ä@b',
    'x'.repeat(1_000),
  ])('drops one device with the Call-ID %j, and no other', async (callId) => {
    const neighbour = await site.create('1002');
    for (const each of [neighbour, phone]) await registers(fs1, each);
    const [kept] = fs1.registrations(phone);
    await registers(fs1, { ...phone, callId });
    const answer = await kick(`/${device(fs1)}`);
    expect(answer.body.data.nodes.map((node) => node.dropped_contacts)).toEqual([1, 0]);
    expect(fs1.registrations(phone)).toEqual([kept]);
    expect(fs1.registrations(neighbour)).toHaveLength(1);
  });

  it.each([
    '1002.other.test@other.test',
    '1002@other.test',
    '1002.other.test@OTHER.TEST',
    'other.test',
    '@other.test',
    '1002.pbx.test@pbx.test',
    '1009.pbx.test@pbx.test',
    'pbx.test',
    'reboot',
    'REBOOT',
    'a\u0001b',
    'x'.repeat(1_001),
    'another contact has it as well',
  ])('drops nobody for a device with the Call-ID %j, and says how to drop all', async (callId) => {
    const neighbour = await site.create('1002');
    const theirs = await site.create('1002', other);
    for (const each of [neighbour, theirs]) await registers(fs1, { ...each, callId: each.domain });
    await registers(fs1, callId.startsWith('another') ? { ...neighbour, callId } : phone);
    await registers(fs1, { ...phone, callId });
    const before = fs1.registrations(phone).length;
    const answer = await site.api<{ message: string }>('DELETE', `/1001/registration/${device(fs1)}`);
    expect([answer.status, answer.body.message]).toEqual([
      409,
      expect.stringMatching(
        /^This device cannot be ended alone: .*\. DELETE \/api\/pbx\/extensions\/1001\/registration ends all/,
      ),
    ]);
    expect(flushes()).toEqual([]);
    expect(await site.receipts('1001')).toEqual([]);
    expect(fs1.registrations(phone)).toHaveLength(before);
    expect((await kick()).body.data.nodes[0]?.dropped_contacts).toBe(before);
    expect(fs1.registrations(phone)).toEqual([]);
  });

  it('drops nobody on a node that comes back with a device that cannot be dropped alone', async () => {
    await registers(site.fs2, phone);
    await registers(site.fs2, { ...phone, callId: 'reboot' });
    const id = device(site.fs2);
    await site.fs2.refuse();
    await nodeReady(site.dialplane, 'fs2', false);
    expect((await kick(`/${id}`)).status).toBe(200);
    await site.fs2.accept();
    await eventually(async () => (await site.receipts('1001'))[0]?.nodes[1]?.last_error === 'not_alone');
    expect(site.fs2.registrations(phone)).toHaveLength(2);
  });

  it('is true in the API when it answers, whatever events come', async () => {
    const state = async (): Promise<object> =>
      (await site.api<{ data: { status: string; devices: object[] } }>('GET', '/1001/registration')).body
        .data;
    await registers(fs1, phone);
    await registers(fs1, phone);
    await eventually(
      async () =>
        (await site.api<{ data: { devices: object[] } }>('GET', '/1001/registration')).body.data.devices
          .length === 2,
    );
    await fs1.loseEvents(async () => {
      await kick(`/${device(fs1)}`);
      expect(await state()).toMatchObject({ status: 'registered', devices: [{}] });
      await kick();
      expect(await state()).toMatchObject({ status: 'unregistered', devices: [] });
    });
  });

  it('finds nothing where there is nothing', async () => {
    await registers(fs1, phone);
    const id = device(fs1);
    for (const unknown of ['x', id.toUpperCase().replace(/^./, 'F'), `${id}0`, '0'.repeat(16), '%00']) {
      expect((await kick(`/${unknown}`)).status).toBe(404);
    }
    for (const path of ['/9999/registration', `/9999/registration/${id}`, '/x/registration']) {
      expect((await site.api('DELETE', path)).status).toBe(404);
    }
    expect((await kick('', other.token)).status).toBe(404);
    expect((await kick(`/${id}`, other.token)).status).toBe(404);
    const reader = await site.dialplane.token(site.tenant.tenant, 'read_only');
    expect((await kick('', reader)).status).toBe(403);
    expect(await site.receipts('1001')).toEqual([]);
    expect(fs1.registrations(phone)).toHaveLength(1);
  });

  it('takes a device that only a node that is away may hold, and drops it when that is back', async () => {
    await registers(site.fs2, phone);
    const id = device(site.fs2);
    await site.fs2.refuse();
    await nodeReady(site.dialplane, 'fs2', false);
    const answer = await kick(`/${id}`);
    expect([answer.status, answer.body.data.nodes[1]?.last_error]).toEqual([200, 'ESL_NOT_READY']);
    expect(site.fs2.registrations(phone)).toHaveLength(1);
    await site.fs2.accept();
    const receipt = await site.verified('1001');
    expect(receipt.nodes[1]?.dropped_contacts).toBe(1);
    expect(site.fs2.registrations(phone)).toEqual([]);
  });

  it('answers in time when a node hangs', async () => {
    await registers(fs1, phone);
    const id = device(fs1);
    site.fs2.hang();
    const elapsed = stopwatch();
    expect((await kick(`/${id}`)).status).toBe(200);
    expect(elapsed()).toBeLessThan(2_500);
    expect(fs1.registrations(phone)).toEqual([]);
    site.fs2.unhang();
  });
});
