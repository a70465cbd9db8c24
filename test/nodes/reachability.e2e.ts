import { type FakeFreeSwitch, type Phone } from '../fake-freeswitch/fake-freeswitch';
import { EventStream } from '../harness/event-stream';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { registers, Site } from '../harness/site';

interface Device {
  contact: string;
  transport: string;
  since: string | null;
  reachable: boolean | null;
  reachable_since: string | null;
  unreachable_reason: string | null;
}
interface Extension {
  extension_number: string;
  status: string;
  previous_status?: string | null;
  since: string | null;
  reachable: boolean | null;
  reachable_since: string | null;
}
type View = Extension & { devices: Device[]; nodes: { answered: number } };

const TIME = expect.stringMatching(/^\d{4}-/) as string;

describeOnEach('whether phones are reached, and since when', (lane) => {
  let site: Site;
  let fs1: FakeFreeSwitch;
  let phone: Phone;

  beforeEach(async () => {
    site = await Site.start(lane);
    ({ fs1 } = site);
    phone = await site.create('1001');
  });
  afterEach(() => site.stop());

  const view = async (): Promise<View> =>
    (await site.api<{ data: View }>('GET', '/1001/registration')).body.data;
  const reach = async (): Promise<[boolean | null, string | null]> => {
    const seen = await view();
    return [seen.reachable, seen.reachable_since];
  };
  const listed = async (): Promise<Extension | undefined> => {
    const answer = await site.dialplane.api<{ data: Extension[] }>(
      site.tenant.token,
      'GET',
      '/registrations',
    );
    return answer.body.data[0];
  };

  it('is told in view, list and stream, as pings say', async () => {
    await registers(fs1, phone);
    await eventually(async () => (await view()).devices.length === 1);
    expect(await reach()).toEqual([null, null]);
    const stream = await EventStream.open(site.dialplane.url, { token: site.tenant.token });
    const snapshot = await stream.next<{ extensions: Extension[] }>();
    expect(snapshot.data.extensions[0]).toMatchObject({ reachable: null, reachable_since: null });
    for (const [status, reachable] of [
      ['200', true],
      ['408', false],
      ['486', true],
    ] as const) {
      fs1.ping(phone, status);
      const change = await stream.nextThat<Extension>(({ data }) => data.reachable === reachable);
      expect(change.data).toMatchObject({
        status: 'registered',
        previous_status: 'registered',
        reachable_since: TIME,
      });
      expect(await reach()).toEqual([reachable, TIME]);
      expect(await listed()).toMatchObject({ reachable, reachable_since: TIME });
    }
    stream.close();
  });

  it('is as the list says after a restart, but nobody knows since when', async () => {
    const other = await site.create('1002');
    for (const each of [phone, other]) await registers(fs1, each);
    fs1.ping(phone, '408');
    await eventually(async () => (await reach())[0] === false);
    expect((await view()).since).not.toBeNull();
    await site.restart();
    await eventually(async () => (await view()).nodes.answered === 2);
    expect(await view()).toMatchObject({
      status: 'registered',
      since: null,
      reachable: false,
      reachable_since: null,
      devices: [{ since: null, reachable: false, reachable_since: null }],
    });
    expect(await listed()).toMatchObject({ since: null, reachable: false, reachable_since: null });
    // Registered anew or again, both were there before.
    const [row] = fs1.registrations(phone);
    await registers(fs1, { ...phone, contact: /<(.*)>/.exec(row?.contact ?? '')?.[1] ?? '', expires: 500 });
    expect((await view()).since).toBeNull();
    await fs1.unregister(phone);
    await registers(fs1, phone);
    await eventually(async () => (await view()).since !== null);
  });

  it('is the same truth on every instance', async () => {
    const program = await site.program();
    await registers(fs1, phone);
    const path = '/api/pbx/extensions/1001/registration';
    const headers = { Authorization: `Bearer ${site.tenant.token}` };
    const elsewhere = async (): Promise<View> =>
      ((await (await fetch(program.url + path, { headers })).json()) as { data: View }).data;
    await eventually(async () => (await elsewhere()).devices.length === 1);
    fs1.ping(phone, '200');
    await eventually(async () => (await elsewhere()).reachable === true);
    const told = ({ since, reachable_since }: View): unknown => [since, reachable_since];
    expect(told(await elsewhere())).toEqual(told(await view()));
  });

  it('does not say what a phone claims to have come by', async () => {
    const at = (port: number, transport: string): string =>
      `sip:1001@127.0.0.1:${port};transport=${transport}`;
    for (const [contact, status] of [
      [at(7001, 'tls'), 'Registered(TLS)'],
      [at(7002, 'tcp'), 'Registered(TCP-NAT)'],
      [at(7003, 'udp'), 'Registered(UDP)'],
      [at(7004, 'ws'), 'Registered(WS-NAT)'],
      [at(7005, 'ws'), 'Registered(WSS-NAT)'],
    ] as const)
      await registers(fs1, { ...phone, contact, status });
    await eventually(async () => (await view()).devices.length === 5);
    const transports = (await view()).devices.map(({ transport }) => transport);
    expect(transports).toEqual(['unknown', 'unknown', 'unknown', 'ws', 'wss']);
  });

  it('ends with the connection of a page that is closed', async () => {
    await registers(fs1, { ...phone, status: 'Registered(WSS-NAT)' });
    await eventually(async () => (await view()).devices.length === 1);
    await fs1.loseEvents(async () => {
      await registers(fs1, { ...phone, status: 'Registered(WSS-NAT)' });
    });
    fs1.disconnect(phone);
    await eventually(async () => (await view()).status === 'unregistered');
    const { verdict } = (
      await site.api<{ data: { verdict: { code: string; summary: string } } }>('GET', '/1001/diagnosis')
    ).body.data;
    expect(verdict.code).toBe('was_registered_and_left');
    expect(verdict.summary).toContain("The connection of 1001's phone was closed at");
  });
});
