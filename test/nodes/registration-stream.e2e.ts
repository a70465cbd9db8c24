import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { Dialplane, type TestTenant, XML_CURL_PASSWORD } from '../harness/dialplane';
import { EventStream, type Frame, type StreamRequest } from '../harness/event-stream';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { tellRegistered } from '../harness/register-events';
import { RegistrationsService } from '../../src/nodes/registrations/state/registrations.service';
import { StreamLimits } from '../../src/nodes/registrations/stream/stream-limits';

interface Extension {
  extension_number: string;
  status: string;
  previous_status: string | null;
  since: string | null;
  devices?: { contact: string; node: string }[];
}
interface Snapshot {
  as_of: string;
  nodes: { expected: number; answered: number; states: { name: string; state: string }[] };
  extensions: Extension[];
}
type Phone = { user: string; domain: string; password: string };

describeOnEach('the stream of registrations', (lane) => {
  let fs: FakeFreeSwitch;
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let streams: EventStream[];

  const start = async (dampingMs: number, profiles = 'internal'): Promise<void> => {
    fs = await FakeFreeSwitch.start({
      profiles: profiles.split(','),
      directoryAuth: { username: 'freeswitch', password: XML_CURL_PASSWORD },
    });
    dialplane = await Dialplane.start(lane, {
      FREESWITCH_NODES: fs.address,
      FREESWITCH_SIP_PROFILES: profiles,
      REGISTRATION_DAMPING_MS: String(dampingMs),
    });
    fs.directoryUrl = `${dialplane.url}/freeswitch/directory`;
    tenant = await dialplane.tenant();
    streams = [];
    await eventually(() => knowsAll());
  };
  const knowsAll = (): boolean =>
    dialplane
      .get(RegistrationsService)
      .nodes()
      .every(({ state }) => state === 'answering');
  afterEach(async () => {
    for (const stream of streams) stream.close();
    await dialplane.stop();
    await fs.stop();
  });

  const make = async (of: TestTenant, number: string): Promise<Phone> => {
    const made = await dialplane.api<{ data: { sip_password: string } }>(of.token, 'POST', '/extensions', {
      extension_number: number,
    });
    const phone = { user: number, domain: of.tenant.domain, password: made.body.data.sip_password };
    await eventually(async () => (await status(of, number)) === 'unregistered');
    return phone;
  };
  const status = async (of: TestTenant, number: string): Promise<string> => {
    const path = `/extensions/${number}`;
    const answer = await dialplane.api<{ data: { sip_registration: string } }>(of.token, 'GET', path);
    return answer.body.data.sip_registration;
  };
  const open = async (asked: Partial<StreamRequest> = {}): Promise<EventStream> => {
    const stream = await EventStream.open(dialplane.url, { token: tenant.token, ...asked });
    streams.push(stream);
    return stream;
  };
  const turns = ({ event, data }: Frame<Extension>): string[] => [
    event,
    data.extension_number,
    String(data.previous_status),
    data.status,
  ];
  const metric = async (name: string): Promise<number> => {
    const { text } = await dialplane.request('GET', '/metrics');
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };

  describe('undamped', () => {
    beforeEach(() => start(0));

    it('begins with a snapshot and goes on with each change, in order', async () => {
      const phone = await make(tenant, '1001');
      await make(tenant, '1002');
      await fs.register(phone);
      await eventually(async () => (await status(tenant, '1001')) === 'registered');
      const stream = await open();
      expect(stream.response.headers).toMatchObject({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      const snapshot = await stream.next<Snapshot>();
      expect(snapshot).toMatchObject({
        event: 'snapshot',
        data: {
          nodes: { expected: 1, answered: 1, states: [{ name: 'fs1', state: 'answering' }] },
          extensions: [
            { extension_number: '1001', status: 'registered', since: expect.any(String) as string },
            { extension_number: '1002', status: 'unregistered', since: null },
          ],
        },
      });
      expect(snapshot.data.extensions[0]).not.toHaveProperty('devices');
      expect(stream.retryMs).toBe(2_000);
      for (const to of ['unregistered', 'registered', 'unregistered']) {
        await (to === 'registered' ? fs.register(phone) : fs.unregister(phone));
        const change = await stream.next<Extension>();
        expect(turns(change)).toEqual([
          'change',
          '1001',
          to === 'registered' ? 'unregistered' : 'registered',
          to,
        ]);
        expect(change.data.since).not.toBeNull();
      }
    });

    it('does not tell of a registration that is only refreshed', async () => {
      const [phone, other] = [await make(tenant, '1001'), await make(tenant, '1002')];
      const stream = await open({ devices: 'true' });
      await stream.next();
      await fs.register(phone);
      const [row] = fs.registrations(phone);
      if (!row) throw new Error('not registered');
      tellRegistered(fs, { ...row, number: '1001', domain: phone.domain });
      await fs.register(other);
      expect((await stream.next<Extension>()).data.extension_number).toBe('1001');
      expect((await stream.next<Extension>()).data.extension_number).toBe('1002');
    });

    it('does not take our own pause for a silence of the node', async () => {
      const phone = await make(tenant, '1001');
      const stream = await open();
      await stream.next();
      const until = Date.now() + 1_500;
      while (Date.now() < until);
      await fs.register(phone);
      expect(turns(await stream.next())).toEqual(['change', '1001', 'unregistered', 'registered']);
    });

    it('tells of extensions that are made and deleted', async () => {
      const stream = await open();
      expect((await stream.next<Snapshot>()).data.extensions).toEqual([]);
      await make(tenant, '1001');
      expect(turns(await stream.next())).toEqual(['change', '1001', 'null', 'unregistered']);
      await dialplane.api(tenant.token, 'DELETE', '/extensions/1001');
      expect(await stream.next()).toMatchObject({ event: 'removed', data: { extension_number: '1001' } });
    });

    it('notices the extensions that were made and deleted elsewhere', async () => {
      dialplane.get(StreamLimits).roster = 100;
      await make(tenant, '1001');
      const stream = await open();
      await stream.next();
      const rename = "UPDATE extensions SET live_number = '1002', extension_number = '1002'";
      await dialplane.dataSource.query(rename);
      expect(await stream.next()).toMatchObject({ event: 'removed', data: { extension_number: '1001' } });
      expect(turns(await stream.next())).toEqual(['change', '1002', 'null', 'unregistered']);
    });

    it('tells of devices, when asked, also while the status stays', async () => {
      const phone = await make(tenant, '1001');
      const stream = await open({ devices: 'true' });
      const plain = await open({ devices: 'false' });
      const { extensions } = (await stream.next<Snapshot>()).data;
      expect(extensions).toEqual([expect.objectContaining({ extension_number: '1001', devices: [] })]);
      const contacts = ['sip:a@127.0.0.1:5060', 'sip:b@127.0.0.1:5060'];
      for (const contact of contacts) await fs.register({ ...phone, contact });
      const first = await stream.next<Extension>();
      const second = await stream.next<Extension>();
      expect(turns(first)).toEqual(['change', '1001', 'unregistered', 'registered']);
      expect(turns(second)).toEqual(['change', '1001', 'registered', 'registered']);
      expect(second.data.devices?.map(({ contact }) => contact)).toEqual(contacts);
      expect(second.data.devices?.[0]).not.toHaveProperty('registered_with_previous_password');
      for (const contact of contacts) await fs.unregister({ ...phone, contact });
      await plain.next();
      expect(turns(await plain.next())).toEqual(['change', '1001', 'unregistered', 'registered']);
      expect(turns(await plain.next())).toEqual(['change', '1001', 'registered', 'unregistered']);
    });

    it('says unknown while a node is away, and what is true when it is back', async () => {
      const phone = await make(tenant, '1001');
      await fs.register(phone);
      await eventually(async () => (await status(tenant, '1001')) === 'registered');
      const stream = await open();
      await stream.next();
      await fs.refuse();
      const left = await stream.nextThat<Snapshot['nodes']>(({ event }) => event === 'nodes');
      expect(left.data).toMatchObject({ expected: 1, answered: 0 });
      expect(turns(await stream.nextThat(({ event }) => event === 'change'))).toEqual([
        'change',
        '1001',
        'registered',
        'unknown',
      ]);
      await fs.accept();
      await stream.nextThat<Snapshot['nodes']>(({ event, data }) => event === 'nodes' && data.answered === 1);
      expect(turns(await stream.nextThat(({ event }) => event === 'change'))).toEqual([
        'change',
        '1001',
        'unknown',
        'registered',
      ]);
    });

    it("shows a tenant nothing of another's extensions of the same numbers", async () => {
      const other = await dialplane.tenant();
      const [ours, theirs] = [await make(tenant, '1001'), await make(other, '1001')];
      await make(other, '1002');
      const stream = await open();
      const elsewhere = await open({ token: other.token });
      expect((await stream.next<Snapshot>()).data.extensions).toHaveLength(1);
      expect((await elsewhere.next<Snapshot>()).data.extensions).toHaveLength(2);
      await fs.register(theirs);
      expect(turns(await elsewhere.next())).toEqual(['change', '1001', 'unregistered', 'registered']);
      await dialplane.api(other.token, 'DELETE', '/extensions/1002');
      expect((await elsewhere.next()).event).toBe('removed');
      await fs.register(ours);
      expect(turns(await stream.next())).toEqual(['change', '1001', 'unregistered', 'registered']);
    });

    it("does not take another stream's id for one of its own", async () => {
      const other = await dialplane.tenant();
      const phone = await make(other, '1001');
      const theirs = await open({ token: other.token });
      await fs.register(phone);
      await theirs.next();
      const { id } = await theirs.next();
      await (await open()).next();
      expect((await (await open({ lastEventId: id })).next()).event).toBe('snapshot');
    });

    it('resumes after the last frame that was received', async () => {
      const phone = await make(tenant, '1001');
      const stream = await open();
      await stream.next();
      await fs.register(phone);
      const { id } = await stream.next();
      stream.close();
      await eventually(async () => (await metric('dialplane_stream_readers')) === 0);
      await fs.unregister(phone);
      await fs.register(phone);
      const resumed = await open({ lastEventId: id });
      expect(turns(await resumed.next())).toEqual(['change', '1001', 'registered', 'unregistered']);
      expect(turns(await resumed.next())).toEqual(['change', '1001', 'unregistered', 'registered']);
      await fs.unregister(phone);
      expect(turns(await resumed.next())).toEqual(['change', '1001', 'registered', 'unregistered']);
    });

    it.each(['', 'x', '-1', '0', 'ffffffffffff-1', 'OURS-', 'OURS-99', 'OURS-1-1', 'OURS--1', 'OURS-1.5'])(
      'begins anew after the id %j',
      async (unknown) => {
        const phone = await make(tenant, '1001');
        const stream = await open();
        await stream.next();
        await fs.register(phone);
        const [epoch = ''] = (await stream.next()).id.split('-');
        const again = await open({ lastEventId: unknown.replace('OURS', epoch) });
        expect(await again.next()).toMatchObject({
          event: 'snapshot',
          data: { extensions: [{ extension_number: '1001', status: 'registered' }] },
        });
      },
    );

    it('neither loses nor doubles a frame, whenever its readers come and come back', async () => {
      const phones: Phone[] = [];
      for (const number of ['1001', '1002', '1003']) phones.push(await make(tenant, number));
      const witness = await open();
      const { id: first } = await witness.next();
      const readers: EventStream[] = [];
      const churn = async (round: number): Promise<void> => {
        for (const phone of phones) await (round % 2 ? fs.unregister(phone) : fs.register(phone));
      };
      /** Two come, in every other round from before the first change, and one that was there comes back. */
      const comeAndGo = async (round: number): Promise<void> => {
        for (const lastEventId of [undefined, round % 2 ? first : undefined])
          readers.push(await open({ lastEventId }));
        const back = readers.at(-4);
        const last = back?.frames.at(-1);
        if (!back || !last) return;
        back.close();
        readers.push(await open({ lastEventId: last.id }));
      };
      for (let round = 0; round < 30; round++) await Promise.all([churn(round), comeAndGo(round)]);
      await eventually(() => witness.frames.length === 1 + 90);
      const newest = witness.frames.at(-1)?.id;
      for (const reader of readers.filter(({ ended }) => !ended)) {
        await eventually(() => reader.frames.at(-1)?.id === newest || reader.frames.length === 0);
        const [begin] = reader.frames;
        if (!begin) continue;
        const from = witness.frames.findIndex(({ id }) => id === begin.id);
        const changes = begin.event === 'snapshot' ? reader.frames.slice(1) : reader.frames;
        expect(changes).toEqual(witness.frames.slice(begin.event === 'snapshot' ? from + 1 : from));
      }
    });
  });

  describe('of two profiles', () => {
    beforeEach(() => start(0, 'internal,wss'));

    it('tells of what one profile lists though the other cannot be listed', async () => {
      const phone = await make(tenant, '1001');
      await fs.register(phone);
      await eventually(async () => (await status(tenant, '1001')) === 'registered');
      const stream = await open();
      await stream.next();
      fs.answerWith('sofia xmlstatus profile wss reg', 'Invalid Profile!');
      fs.restart();
      const changes = ['registered unknown', 'unknown registered'];
      for (const change of changes) {
        const { data } = await stream.nextThat<Extension>(({ event }) => event === 'change');
        expect(`${data.previous_status} ${data.status}`).toBe(change);
      }
    });
  });

  describe('damped', () => {
    it('tells of a phone that flaps at once, then once a window, and what is true in the end', async () => {
      const windowMs = 400;
      await start(windowMs);
      const phone = await make(tenant, '1001');
      const stream = await open();
      await stream.next();
      const began = Date.now();
      for (let turn = 0; turn < 15; turn++) {
        await fs.register(phone);
        await fs.unregister(phone);
      }
      const told = (): Frame<Extension>[] => stream.frames.slice(1) as Frame<Extension>[];
      await eventually(() => told().at(-1)?.data.status === 'unregistered');
      const windows = (Date.now() - began) / windowMs;
      expect(turns(told()[0] as Frame<Extension>)).toEqual(['change', '1001', 'unregistered', 'registered']);
      expect(told().length).toBeLessThanOrEqual(windows + 1);
    });

    it('holds the second change until the end of the window, also for a reader that comes meanwhile', async () => {
      await start(4_000);
      const [phone, calm] = [await make(tenant, '1001'), await make(tenant, '1002')];
      const stream = await open();
      await stream.next();
      await fs.register(phone);
      await fs.unregister(phone);
      await fs.register(calm);
      expect(turns(await stream.next())).toEqual(['change', '1001', 'unregistered', 'registered']);
      expect(turns(await stream.next())).toEqual(['change', '1002', 'unregistered', 'registered']);
      // A reader that comes now sees what was told, and the held change after it.
      const late = await open();
      expect((await late.next<Snapshot>()).data.extensions[0]?.status).toBe('registered');
      for (const each of [stream, late]) {
        expect(turns(await each.next())).toEqual(['change', '1001', 'registered', 'unregistered']);
      }
    });
  });
});
