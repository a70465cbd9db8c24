import { type Phone } from '../fake-freeswitch/fake-freeswitch';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { registers, Site } from '../harness/site';

const TRUNK = '198.51.100.9';
const TO_TRUNK = `sip:0900000001@${TRUNK}:5060`;
/** Each leads FreeSWITCH to the trunk; a fake phone registers from 127.0.0.1. */
const STRAY = [
  TO_TRUNK,
  `sip:1003@127.0.0.1:5060;maddr=${TRUNK}`,
  `sip:1003@127.0.0.1:5060;fs_path=sip%3A${TRUNK}`,
  `sip:1003@127.0.0.1:5060;fs_path=%3Csip%3A${TRUNK}%3Blr%3E`,
  `sip:1003@10.0.0.7;fs_path=sip%3A${TRUNK};fs_nat=yes;fs_path=sip%3A1003%40127.0.0.1%3A5060`,
];

interface Device {
  contact: string;
  reachable: boolean | null;
  unreachable_reason: string | null;
}

describeOnEach('contacts that lead elsewhere, or nowhere', (lane) => {
  let site: Site;
  let phone: Phone;

  beforeEach(async () => {
    site = await Site.start(lane);
    phone = await site.create('1003');
  });
  afterEach(() => site.stop());

  const contacts = (): string[] => site.fs1.registrations(phone).map(({ contact }) => contact);
  const verdict = async (): Promise<{ code: string; summary: string; next_step: string }> => {
    const path = '/1003/diagnosis';
    return (await site.api<{ data: { verdict: Awaited<ReturnType<typeof verdict>> } }>('GET', path)).body.data
      .verdict;
  };
  const devices = async (): Promise<Device[]> =>
    (await site.api<{ data: { devices: Device[] } }>('GET', '/1003/registration')).body.data.devices;

  it.each(STRAY)('ends %s at once, and no other', async (contact) => {
    expect(await registers(site.fs1, phone)).toBe(true);
    const [kept] = contacts();
    expect(await registers(site.fs1, { ...phone, contact })).toBe(true);
    await eventually(() => contacts().length === 1);
    expect(contacts()).toEqual([kept]);
    expect(await verdict()).toMatchObject({
      code: 'registered',
      summary: expect.stringMatching(
        /Another contact of it was ended .* registered as 1003 for 198\.51\.100\.9/,
      ) as unknown,
      next_step: expect.stringMatching(/SIP_PROXIES.*change the password/) as unknown,
    });
  });

  it('says why the extension does not register', async () => {
    await registers(site.fs1, { ...phone, contact: TO_TRUNK });
    await eventually(() => contacts().length === 0);
    await eventually(async () => (await devices()).length === 0);
    expect((await verdict()).code).toBe('contact_leads_elsewhere');
  });

  it('ends what was registered while Dialplane was away', async () => {
    await registers(site.fs1, phone);
    const [kept] = contacts();
    await site.restart(async () => {
      // The node remembers the user.
      expect(await registers(site.fs1, { ...phone, contact: TO_TRUNK })).toBe(true);
    });
    await eventually(() => contacts().length === 1);
    expect(contacts()).toEqual([kept]);
  });

  it('throws out nobody else, whatever its Call-ID', async () => {
    const neighbour = await site.create('1004');
    const other = await site.dialplane.tenant({ domain: 'other.test' });
    const theirs = await site.create('1003', other);
    for (const each of [neighbour, theirs]) await registers(site.fs1, each);
    for (const callId of ['1004.pbx.test@pbx.test', 'other.test', 'reboot', "a'b c"]) {
      await registers(site.fs1, { ...phone, contact: TO_TRUNK, callId });
      await eventually(() => contacts().length === 0);
    }
    for (const each of [neighbour, theirs]) expect(site.fs1.registrations(each)).toHaveLength(1);
  });

  it('says of a phone that it cannot be dialled', async () => {
    await registers(site.fs1, phone);
    await registers(site.fs1, { ...phone, contact: "sip:o'b@127.0.0.1:5060" });
    await eventually(async () => (await devices()).length === 2);
    expect(await devices()).toMatchObject([
      { reachable: null, unreachable_reason: null },
      {
        reachable: false,
        unreachable_reason: "The user part of its Contact holds ', which cannot be dialled.",
      },
    ]);
    expect(await verdict()).toMatchObject({
      code: 'registered',
      summary: expect.stringContaining('Calls do not reach all of its phones') as unknown,
      next_step: expect.stringContaining('plain user name') as unknown,
    });
  });
});
