import { RawPhone } from './raw-phone';
import { describeLive, DOMAIN, type Site } from './site';
import { type Account } from './sipp';
import { eventually } from './waiting';

interface Placed {
  contact?: string;
  headers?: string[];
}

/** As the phone at `here` writes it, to have FreeSWITCH call the trunk. */
const strayForms = (here: string, trunk: string): Record<string, Placed> => {
  const coded = encodeURIComponent(trunk);
  return {
    'a host': { contact: `<sip:00881234@${trunk}>` },
    'a host, and a / behind it': { contact: `<sip:00881234@${trunk};x=/y;z=1>` },
    Path: { headers: [`Path: <sip:${trunk};lr>`] },
    fs_path: { contact: `<sip:3003@${here};fs_path=sip%3A${coded}>` },
    'fs_path like that of a phone behind NAT': {
      contact: `<sip:3003@${here};fs_nat=yes;fs_path=sip%3A00881234%40${coded}>`,
    },
    'fs_path, and a name that is too long': {
      contact: `"${'x'.repeat(963 - coded.length)}" <sip:3003@${here};fs_nat=yes;fs_path=sip%3A${coded}>`,
    },
    'fs_path in the user part': { contact: `<sip:0088%40${coded}%3Bx@192.168.7.7>` },
    maddr: {
      contact: `<sip:3003@${here.split(':')[0]}:${trunk.split(':')[1]};maddr=${trunk.split(':')[0]}>`,
    },
    'a second call': { contact: `<sip:3003@${here};x=1:_:sofia/internal/0999999999@${trunk}>` },
    'a second leg': { contact: `<sip:3003@${here};x=1,sofia/internal/sip:0999999999@${trunk}>` },
    'an address in the name': { contact: `"a\\"<sip:00881234@${trunk}>" <sip:3003@${here}>` },
    'lines of a list': {
      headers: [`User-Agent: x\r\n IP:         \t${trunk.replace(':', '\r\n Port:       \t')}`],
    },
  };
};

async function register(phone: RawPhone, account: Account, placed: Placed = {}): Promise<number> {
  const contact = placed.contact ?? `<sip:${account.number}@${phone.contact}>`;
  const headers = ['Expires: 300', ...(placed.headers ?? [])];
  return phone.request({ method: 'REGISTER', account, contact, headers });
}

async function forget(site: Site, { number }: Account): Promise<void> {
  await site.freeswitch.api(`sofia profile internal flush_inbound_reg ${number}.${DOMAIN}@${DOMAIN}`);
  const list = `sofia_count_reg internal/${number}.${DOMAIN}@${DOMAIN}`;
  await eventually('the contacts are gone', async () => (await site.freeswitch.api(list)).trim() === '0');
}

const PROXY = '127.0.0.5';
const TRUNK = '127.0.0.9';
/** A Dialplane that was away first has to reach the node again. */
const ENDED_MS = 40_000;

describeLive(
  'where an INVITE goes',
  { phones: 0, freeswitch: { SIP_PROXIES: PROXY }, dialplane: { SIP_PROXIES: PROXY } },
  (site) => {
    let [caller, callee]: Account[] = [];
    let [calls, rings, trunk]: RawPhone[] = [];
    const parts = (): {
      caller: Account;
      callee: Account;
      calls: RawPhone;
      rings: RawPhone;
      trunk: RawPhone;
    } => {
      if (!caller || !callee || !calls || !rings || !trunk) throw new Error('not begun');
      return { caller, callee, calls, rings, trunk };
    };

    beforeAll(async () => {
      [caller, callee] = [await site().extension('3002'), await site().extension('3003')];
      const { sipPort } = site().freeswitch;
      [calls, rings] = await Promise.all([1, 2].map(() => RawPhone.udp(sipPort)));
      trunk = await RawPhone.udp(sipPort, undefined, TRUNK);
      for (const phone of [rings, trunk]) if (phone) phone.answersWith = 486;
    });
    afterAll(() => [calls, rings, trunk].forEach((phone) => phone?.close()));

    it('never where a phone says, while Dialplane is away', async () => {
      const { calls, rings, trunk, caller, callee } = parts();
      // FreeSWITCH remembers both users for a minute.
      site().check('REGISTER', await register(rings, callee), 200);
      site().check('a call', await calls.call(caller, '3003'), 486);
      site().app.freeze();
      try {
        for (const [form, placed] of Object.entries(strayForms(rings.contact, trunk.contact))) {
          await forget(site(), callee);
          site().check(`REGISTER with ${form}`, await register(rings, callee, placed), 200);
          const status = await calls.call(caller, '3003');
          site().check(`a call then: ${status}`, [480, 486].includes(status), true);
          // As click-to-call and queues do it: through the dial-string of the directory.
          await site().freeswitch.api(`originate {originate_timeout=1}user/3003@${DOMAIN} &park()`);
        }
      } finally {
        site().app.thaw();
      }
      site().check('INVITEs at the trunk', trunk.invites, []);
      await forget(site(), callee);
    });

    it('and such a contact is ended at once, another one not', async () => {
      const { calls, rings, trunk, caller, callee } = parts();
      site().check('REGISTER', await register(rings, callee), 200);
      const onlyOne = async (): Promise<boolean> => (await site().contactsOf(callee)) === 1;
      const stray = await RawPhone.udp(site().freeswitch.sipPort);
      const forms = strayForms(stray.contact, trunk.contact);
      for (const form of ['a host', 'Path', 'fs_path', 'maddr', 'an address in the name']) {
        site().check(`REGISTER with ${form}`, await register(stray, callee, forms[form]), 200);
        await eventually('the contact is ended', onlyOne, ENDED_MS);
      }
      stray.close();
      const before = rings.invites.length;
      site().check('a call then', await calls.call(caller, '3003'), 486);
      site().check('INVITEs at the phone', rings.invites.length - before, 1);
      const { body } = await site().api('GET', '/extensions/3003/diagnosis');
      const { verdict } = body.data as { verdict: { code: string; summary: string } };
      expect(verdict.summary).toMatch(/Another contact of it was ended at/);
      await forget(site(), callee);
    });

    it('to honest phones: behind NAT, over TCP, behind a proxy that is named', async () => {
      const { calls, rings, caller, callee } = parts();
      const tcp = await RawPhone.tcp(site().freeswitch.sipPort);
      const proxy = await RawPhone.udp(site().freeswitch.sipPort, undefined, PROXY);
      const path = `<sip:${proxy.contact};lr>`;
      const honest: [string, RawPhone, Placed][] = [
        ['plain', rings, {}],
        ['behind NAT', rings, { contact: '<sip:3003@192.168.7.7:5060;rinstance=a1>' }],
        ['with a / in its parameters', rings, { contact: '<sip:k3j4@10.1.2.3;x=y/z;p=%3A>' }],
        ['TCP', tcp, {}],
        ['behind a proxy', proxy, { contact: '<sip:3003@192.168.7.7>', headers: [`Path: ${path}`] }],
      ];
      for (const [what, phone, placed] of honest) {
        phone.answersWith = 486;
        const before = phone.invites.length;
        site().check(`REGISTER ${what}`, await register(phone, callee, placed), 200);
        site().check('a call', await calls.call(caller, '3003'), 486);
        site().check('INVITEs', phone.invites.length - before, 1);
        await site().freeswitch.api(`originate {originate_timeout=1}user/3003@${DOMAIN} &park()`);
        site().check('INVITEs, through the directory', phone.invites.length - before, 2);
        site().check('contacts, un-REGISTERed', await unregistered(phone, callee, placed), 0);
      }
      const routed = proxy.received.find((text) => text.startsWith('INVITE '));
      expect(routed).toContain(`Route: ${path}`);
      for (const phone of [tcp, proxy]) phone.close();
    });

    async function unregistered(phone: RawPhone, account: Account, placed: Placed): Promise<number> {
      const contact = placed.contact ?? `<sip:${account.number}@${phone.contact}>`;
      const headers = ['Expires: 0', ...(placed.headers ?? [])];
      await phone.request({ method: 'REGISTER', account, contact, headers });
      return site().contactsOf(account);
    }

    it('to each phone that can be dialled, beside one that cannot', async () => {
      const { calls, rings, caller, callee } = parts();
      const odd = await RawPhone.udp(site().freeswitch.sipPort);
      odd.answersWith = 486;
      const here = odd.contact;
      const forms: [contact: string, rings: boolean, reason: RegExp | null][] = [
        [`<sip:${here}>`, true, null],
        [`<sip:4014@[2001:db8::5]:5060>`, true, null],
        [`<sip:40'14@${here}>`, false, /user part of its Contact holds ', which/],
        [`<sip:4(0)14@${here}>`, false, /user part of its Contact holds \( \), which/],
        [`<sip:40$14@${here}>`, false, /user part of its Contact holds \$, which/],
        [`<sip:40,14@${here}>`, false, /user part of its Contact holds ,, which/],
        [`<sip:4014@${here};x="y">`, false, /parameters of its Contact/],
      ];
      await register(rings, callee);
      for (const [contact, expected, reason] of forms) {
        const before = { good: rings.invites.length, odd: odd.invites.length };
        site().check(`REGISTER ${contact}`, await register(odd, callee, { contact }), 200);
        site().check('a call', await calls.call(caller, '3003'), 486);
        site().check('INVITEs at the plain phone', rings.invites.length - before.good, 1);
        site().check('INVITEs at the odd one', odd.invites.length - before.odd, expected ? 1 : 0);
        const why = reason ? (expect.stringMatching(reason) as string) : null;
        const shown = await eventually('the device as it is now', async () => {
          const { body } = await site().api('GET', '/extensions/3003/registration');
          const { devices } = body.data as { devices: Record<string, unknown>[] };
          const there = devices.filter(({ network_port }) => network_port === Number(here.split(':')[1]));
          return (
            there.length === 1 && (there[0]?.unreachable_reason === null) === (reason === null) && there[0]
          );
        });
        expect(shown).toMatchObject({ unreachable_reason: why, ...(reason && { reachable: false }) });
        await register(odd, callee, { contact, headers: ['Expires: 0'] });
        await forget(site(), callee);
        await register(rings, callee);
      }
      odd.close();
    });
  },
);

describeLive('FreeSWITCH on IPv6 alone', { phones: 0, freeswitch: { SIP_IP: '::1' } }, (site) => {
  it('calls phones with and without a user part', async () => {
    const [caller, callee] = [await site().extension('3102'), await site().extension('3103')];
    const { sipPort } = site().freeswitch;
    const [calls, rings] = [
      await RawPhone.udp(sipPort, 'UDP', '::1'),
      await RawPhone.udp(sipPort, 'UDP', '::1'),
    ];
    rings.answersWith = 486;
    for (const contact of [`<sip:3103@${rings.contact}>`, `<sip:${rings.contact}>`]) {
      site().check(`REGISTER ${contact}`, await register(rings, callee, { contact }), 200);
      site().check('a call', await calls.call(caller, '3103'), 486);
      await site().freeswitch.api(`originate {originate_timeout=1}user/3103@${DOMAIN} &park()`);
      await forget(site(), callee);
    }
    site().check('INVITEs', rings.invites.length, 4);
    for (const phone of [calls, rings]) phone.close();
  });
});
