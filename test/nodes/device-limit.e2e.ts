import { type FakeFreeSwitch, type Phone } from '../fake-freeswitch/fake-freeswitch';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { ask, operator } from '../harness/people';
import { registers, Site } from '../harness/site';

interface Verdict {
  code: string;
  summary: string;
  next_step: string;
}

describeOnEach('too many devices of one extension', (lane) => {
  let site: Site;
  let phone: Phone;

  beforeEach(async () => {
    site = await Site.start(lane);
    phone = await site.create('1001');
  });
  afterEach(() => site.stop());

  const allow = async (devices: number): Promise<void> => {
    const { dialplane, tenant } = site;
    const path = `/platform/tenants/${tenant.tenant.id}`;
    const token = await operator(dialplane, `op.${devices}`);
    const changed = await ask(dialplane, token, 'PUT', path, { max_devices: devices });
    expect([changed.status, changed.body]).toMatchObject([200, { data: { max_devices: devices } }]);
  };
  /** A device is told by the name of its contact, and is the same whenever it registers. */
  const device = async (name: string, fake: FakeFreeSwitch = site.fs1, of = phone): Promise<void> => {
    const contact = `sip:${name}@127.0.0.1:5060`;
    expect(await registers(fake, { ...of, contact, callId: `call-${name}` })).toBe(true);
  };
  const devices = (of = phone): string[] =>
    [site.fs1, site.fs2].flatMap((fake) =>
      fake.registrations(of).map(({ contact }) => /sip:(.*)@/.exec(contact)?.[1] ?? ''),
    );
  const left = async (...names: string[]): Promise<void> => {
    await eventually(() => devices().length === names.length);
    expect(devices().sort()).toEqual(names.sort());
  };
  const verdict = async (): Promise<Verdict> =>
    (await site.api<{ data: { verdict: Verdict } }>('GET', '/1001/diagnosis')).body.data.verdict;

  it('are unregistered, the oldest first, from ten on, and diagnosis says so', async () => {
    const names = [...'abcdefghijkl'];
    for (const name of names) await device(name);
    await left(...names.slice(2));
    expect(await verdict()).toMatchObject({
      code: 'registered',
      summary: expect.stringMatching(
        /Another contact of it was ended at .*: 1001 had 1[12] devices, of 10 that are allowed, and the one at 127\.0\.0\.1:\d+ had been there longest\./,
      ) as unknown,
      next_step: expect.stringMatching(/max_devices.*change the password/) as unknown,
    });
    expect(site.dialplane.logLines.join('')).toContain('a contact is unregistered: 1001 had');
  });

  it('are so many as the tenant may have, on all nodes together; who registers again is no newer', async () => {
    await allow(3);
    await device('a');
    await device('b', site.fs2);
    await device('c');
    await device('a');
    await device('d', site.fs2);
    await left('b', 'c', 'd');
    await device('a');
    await left('a', 'c', 'd');
  });

  it('are too many also after a restart of Dialplane or of FreeSWITCH', async () => {
    await allow(2);
    await device('a');
    await device('b');
    // The node remembers the user.
    await site.restart(() => device('c'));
    await eventually(() => devices().length === 2);
    site.fs1.restart();
    await site.fs1.waitForConnection();
    await device('d');
    await device('e');
    await left('d', 'e');
  });

  it('are counted anew when one registers after the limit was lowered', async () => {
    for (const name of ['a', 'b', 'c']) await device(name);
    await allow(1);
    await device('b');
    // Which one: the check that came with c may be as late as the new limit.
    await eventually(() => devices().length === 1);
  });

  it('are neither those of others nor those that may not stay anyway', async () => {
    await allow(2);
    const neighbour = await site.create('1002');
    const other = await site.create('1001', await site.dialplane.tenant({ domain: 'other.test' }));
    for (const name of ['x', 'y']) await device(name, site.fs1, neighbour);
    for (const name of ['p', 'q', 'r']) await device(name, site.fs2, other);
    await device('a');
    await device('b');
    expect(await registers(site.fs1, { ...phone, contact: 'sip:z@198.51.100.9:5060' })).toBe(true);
    await left('a', 'b');
    expect([devices(neighbour), devices(other)]).toEqual([
      ['x', 'y'],
      ['p', 'q', 'r'],
    ]);
  });
});
