import { RawPhone, type RawRequest } from './raw-phone';
import { at, describeLive, DOMAIN, type Site } from './site';
import { type Account } from './sipp';
import { eventually } from './waiting';

interface Device {
  id: string;
  user_agent: string;
  transport: string;
  network_port: number;
  reachable: boolean | null;
  reachable_since: string | null;
  since: string | null;
}

interface View {
  status: string;
  since: string | null;
  reachable: boolean | null;
  devices: Device[];
  nodes: { answered: number };
}

/** An OPTIONS comes within 30 s, and is given up after 32 s. */
const PING_MS = 100_000;
const ROW_BREAK = '\n    </registration>\n    <registration>\n        <call-id>';

describeLive('what phones send, and what is told of them', { phones: 0 }, (site) => {
  const check: Site['check'] = (...finding) => site().check(...finding);
  const phones = new Set<RawPhone>();
  const close = (phone: RawPhone): void => {
    phones.delete(phone);
    phone.close();
  };
  afterAll(() => phones.forEach(close));

  async function registered(
    account: Account,
    more: Partial<RawRequest> = {},
    tcp = false,
  ): Promise<RawPhone> {
    const { sipPort } = site().freeswitch;
    const phone = await (tcp ? RawPhone.tcp(sipPort) : RawPhone.udp(sipPort));
    phones.add(phone);
    phone.answersWith = 486;
    const contact = `<sip:${account.number}@${phone.contact}>`;
    const headers = ['Expires: 300', ...(more.headers ?? [])];
    const status = await phone.request({ method: 'REGISTER', account, contact, ...more, headers });
    check(`REGISTER of ${account.number}`, status, 200);
    return phone;
  }

  const view = async (number: string): Promise<View> =>
    (await site().api('GET', `/extensions/${number}/registration`)).body.data as View;
  const viewWith = (number: string, count: number): Promise<View> =>
    eventually(`${count} devices`, async () => {
      const seen = await view(number);
      return seen.devices.length === count && seen;
    });
  const deviceOf = (seen: View, phone: RawPhone): Device | undefined =>
    seen.devices.find(({ network_port }) => phone.contact.includes(`:${network_port}`));

  /** Dialplane knows nothing but what FreeSWITCH lists. */
  async function restarted(): Promise<void> {
    await site().app.kill();
    await site().app.serve();
    await site().app.reachesNodes(1);
    await eventually('the list', async () => (await view('4001')).nodes.answered === 1);
  }

  it('a header on several lines costs nobody else anything; what is not known is null', async () => {
    const [odd, plain] = [await site().extension('4001'), await site().extension('4002')];
    await registered(plain);
    await registered(odd, { headers: ['User-Agent: a\r\n b'] });
    const list = await site().freeswitch.api('sofia xmlstatus profile internal reg');
    check('FreeSWITCH lists it as it came', /<agent>a\r?\n b<\/agent>/.test(list), true);
    check('since', (await viewWith('4001', 1)).since !== null, true);
    await restarted();
    check('status of the other', await site().statusWithin('4002', 'registered'), 'registered');
    const seen = await viewWith('4001', 1);
    check('its agent', at(seen.devices, 0).user_agent, 'a b');
    check('since, after a restart', [seen.since, at(seen.devices, 0).since], [null, null]);
    check('kick', (await site().api('DELETE', '/extensions/4001/registration')).status, 200);
    check('status when the kick answers', (await view('4001')).status, 'unregistered');
    check('contacts', await site().contactsOf(odd), 0);
  });

  it('a Call-ID registers nobody else', async () => {
    const [odd, other] = [await site().extension('4003'), await site().extension('4004')];
    const model = await registered(other);
    const list = await site().freeswitch.api(
      `sofia xmlstatus profile internal user 4004.${DOMAIN}@${DOMAIN}`,
    );
    const row = list.split('\n').slice(4, -4).join('\n').replace('        <call-id>', '');
    await site().api('DELETE', '/extensions/4004/registration');
    close(model);
    await registered(odd, { callId: `${row}${ROW_BREAK}x` });
    const rows = await site().freeswitch.api('sofia xmlstatus profile internal reg');
    check('FreeSWITCH lists the forged row', rows.includes(`<user>4004.${DOMAIN}@${DOMAIN}</user>`), true);
    await restarted();
    check('status of the forged one', await site().statusOf('4004'), 'unregistered');
    check('devices of the forger', (await view('4003')).devices.length, 1);
    check('kick', (await site().api('DELETE', '/extensions/4003/registration')).status, 200);
  });

  it('one device is ended alone whatever its Call-ID, or none is', async () => {
    const account = await site().extension('4005');
    const kept = await registered(account);
    const ends = [
      `abc@${DOMAIN}`,
      'a/b',
      '(a)',
      '%a',
      "it's 'a'",
      'a\\b',
      '"a b"',
      'x'.repeat(160),
      'a\r\n b',
    ];
    for (const callId of ends) {
      const phone = await registered(account, { callId });
      const device = deviceOf(await viewWith('4005', 2), phone);
      const { status, body } = await site().api('DELETE', `/extensions/4005/registration/${device?.id}`);
      const { nodes } = body.data as { nodes: { dropped_contacts: number; last_error: string | null }[] };
      const { dropped_contacts: dropped, last_error: error } = at(nodes, 0);
      check(`kick of ${JSON.stringify(callId)}`, [status, dropped, error], [200, 1, null]);
      const seen = await view('4005');
      check('when it answers', [seen.devices.length, deviceOf(seen, kept) !== undefined], [1, true]);
      check('contacts', await site().contactsOf(account), 1);
    }
    for (const callId of ['reboot', DOMAIN, `4005.${DOMAIN}@${DOMAIN}`]) {
      const phone = await registered(account, { callId });
      const device = deviceOf(await viewWith('4005', 2), phone);
      const { status } = await site().api('DELETE', `/extensions/4005/registration/${device?.id}`);
      check(`kick of ${callId}`, status, 409);
      check('contacts', await site().contactsOf(account), 2);
      const contact = `<sip:4005@${phone.contact}>`;
      await phone.request({ method: 'REGISTER', account, contact, headers: ['Expires: 0'] });
      await viewWith('4005', 1);
    }
  });

  it('a phone that fails its ping, or whose connection is closed, is not reachable', async () => {
    const account = await site().extension('4006');
    const [answers, silent, closed] = [
      await registered(account),
      await registered(account),
      await registered(account, {}, true),
    ];
    const claims = await registered(account, {
      headers: ['User-Agent: claims'],
      contact: '<sip:4006@127.0.0.1:5999;transport=tls>',
    });
    const shown = await viewWith('4006', 4);
    check('transports', [...new Set(shown.devices.map(({ transport }) => transport))], ['unknown']);
    await eventually(
      'the phone answers',
      async () => deviceOf(await view('4006'), answers)?.reachable,
      PING_MS,
    );
    silent.answersWith = null;
    close(closed);
    close(claims);
    for (const [what, phone] of [
      ['closed TCP', closed],
      ['silent UDP', silent],
    ] as const) {
      const reach = await eventually(
        `${what} is noticed`,
        async () => {
          const device = deviceOf(await view('4006'), phone);
          return device?.reachable === false && device;
        },
        PING_MS,
      );
      check(`${what}: since when`, reach.reachable_since !== null, true);
    }
    const seen = await view('4006');
    check('the phone that answers', deviceOf(seen, answers)?.reachable, true);
    check('the extension', seen.reachable, true);
    const { body } = await site().api('GET', '/registrations?search=4006');
    const [row] = body.data as { reachable: boolean }[];
    check('in the list', row?.reachable, true);
  });
});
