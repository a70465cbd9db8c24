import { RawPhone } from './raw-phone';
import { ScriptedPhone, type CallOptions } from './scripted-phone';
import { headerOf } from './sip-message';
import { describeLive, DOMAIN, OTHER_DOMAIN, type Site } from './site';
import { type Account } from './sipp';
import { eventually, freePort } from './waiting';

const OUTSIDE = '0987654321';
const CALLER_ID = '0281111112';
/** What a phone may not have another one believe; none of the names or values is to be seen again. */
const MADE_UP = [
  'X-Evil: secret-1',
  'P-Evil: secret-2',
  'P-Charging-Vector: icid-value=secret-3',
  'Diversion: <sip:secret-4@evil.test>;reason=unconditional',
  'History-Info: <sip:secret-5@evil.test>;index=1',
  'Remote-Party-ID: "secret-6" <sip:secret-7@evil.test>;party=calling;screen=yes',
  'P-Asserted-Identity: "secret-8" <sip:secret-9@evil.test>',
  'P-Preferred-Identity: <sip:secret-10@evil.test>',
  'User-to-User: secret-11;encoding=hex',
  'X-FS-Channel-Name: secret-12',
  'X-FS-Support: update_display,secret-13',
  'Identity: secret-14',
  'Call-Info: <sip:secret-15@evil.test>;answer-after=0',
  'Alert-Info: <http://secret-16.test>',
  'Geolocation: <cid:secret-17@evil.test>',
  'Subject: secret-18',
  'On-Behalf: secret-19',
  'K-Evil: secret-20',
  'Accept-Language: secret-21',
  'Session-ID: secret22secret22secret22secret22',
  'Reason: SIP;cause=200;text="secret-23"',
  'Organization: secret-24',
];
const SECRET = /secret|evil|diversion|p-asserted|p-preferred|remote-party|isup-oli/i;

let trunkPort = 0;

const options = async (): Promise<object> => {
  trunkPort = await freePort();
  return { phones: 1, freeswitch: { TRUNK_ADDRESS: `127.0.0.1:${trunkPort}`, RING_SECONDS: '2' } };
};

describeLive('what the other side learns of a caller', options, (site) => {
  const check: Site['check'] = (...finding) => site().check(...finding);
  let caller: ScriptedPhone;
  let called: ScriptedPhone;
  let trunk: ScriptedPhone;
  let from: Account;

  beforeAll(async () => {
    const { sipPort } = site().freeswitch;
    caller = await ScriptedPhone.create(sipPort);
    called = await ScriptedPhone.create(sipPort);
    trunk = await ScriptedPhone.create(sipPort, trunkPort);
    await site().app.cli('caller-id', 'create', '--number', CALLER_ID, '--tenant', DOMAIN);
    from = await site().extension('7000', { display_name: 'Known Name', outbound_caller_id: CALLER_ID });
    await called.register(await site().extension('7001'));
  });
  beforeEach(() => {
    called.reply = { answers: [8] };
  });
  afterAll(() => [caller, called, trunk].forEach((phone) => phone.close()));

  /** The INVITE that came to the other side, of a call that was answered. */
  async function arrived(number: string, options: CallOptions = {}): Promise<string> {
    const far = number === OUTSIDE ? trunk : called;
    const { status, hangUp } = await caller.call(from, number, options);
    check('answered', status, 200);
    await hangUp();
    await site().quiet();
    return far.invites.at(-1) ?? '';
  }
  const channels = (): Promise<string> => site().freeswitch.api('show channels as json');
  const shown = (invite: string): string => headerOf(invite, 'From').replace(/;tag=.*/, '');

  it('headers that a phone makes go to nobody', async () => {
    for (const number of ['7001', OUTSIDE]) {
      const lines = { headers: MADE_UP, from: `"secret-0" <sip:7000@${DOMAIN};isup-oli=62>` };
      const invite = await arrived(number, lines);
      check(`to ${number}: what was made up`, invite.match(SECRET), null);
    }
    check('the name inside', shown(await arrived('7001')), `"Known Name" <sip:7000@${DOMAIN}>`);
  });

  it('nor those of the phone that answers, or hangs up', async () => {
    called.reply = { answers: [8], headers: MADE_UP };
    const { answer, hangUp } = await caller.call(from, '7001');
    check('in the answer', answer.match(SECRET), null);
    // Why a call ends (Reason) is passed on: it tells a phone that another one has answered.
    await hangUp(MADE_UP.filter((header) => !header.startsWith('Reason')));
    await site().quiet();
    called.reply = { status: 486, headers: MADE_UP };
    check('in the refusal', (await caller.call(from, '7001')).answer.match(SECRET), null);
    called.reply = { answers: [8] };
    check(
      'in any request to the other',
      called.received.filter((text) => SECRET.test(text)),
      [],
    );
  });

  const ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>';
  const HIDES: [string, CallOptions][] = [
    ['Privacy: id', { headers: ['Privacy: id'] }],
    ['Privacy: user;id;critical', { headers: ['Privacy: user;id;critical'] }],
    ['Privacy: header', { headers: ['Privacy: header'] }],
    ['Remote-Party-ID', { headers: [`Remote-Party-ID: <sip:7000@${DOMAIN}>;party=calling;privacy=full`] }],
    ['From: anonymous of the tenant', { from: `"Anonymous" <sip:anonymous@${DOMAIN}>` }],
    [
      'From: anonymous.invalid',
      {
        from: '"Anonymous" <sip:anonymous@anonymous.invalid>',
        headers: ['Privacy: id', `P-Preferred-Identity: "Known Name" <sip:7000@${DOMAIN}>`],
      },
    ],
  ];

  it.each(HIDES)('%s hides number and name', async (_, hides) => {
    for (const number of ['7001', OUTSIDE]) {
      const invite = await arrived(number, hides);
      check(`From at ${number}`, shown(invite), ANONYMOUS);
      check('Privacy', headerOf(invite, 'Privacy'), 'id');
      check(
        'anything else',
        invite.replace(/^(INVITE|To|Route).*/gm, '').match(/7000|Known|0281111112/),
        null,
      );
    }
  });

  it('Privacy: none hides nothing', async () => {
    check(
      'inside',
      shown(await arrived('7001', { headers: ['Privacy: none'] })),
      `"Known Name" <sip:7000@${DOMAIN}>`,
    );
    check(
      'outside',
      shown(await arrived(OUTSIDE, { headers: ['Privacy: none'] })),
      `<sip:${CALLER_ID}@127.0.0.1>`,
    );
  });

  it('a caller who hides is still known to the switch', async () => {
    const one = await site().extension('7010', { max_concurrent: 1 });
    const hides = HIDES.at(-1)?.[1] ?? {};
    const first = await caller.call(one, '7001', hides);
    check('the first call', first.status, 200);
    const uuid = await eventually(
      'the channel of the caller',
      async () => /"uuid":"([^"]+)","direction":"inbound"/.exec(await channels())?.[1],
    );
    const shownToUs = await site().freeswitch.api(`uuid_getvar ${uuid} caller_id_number`);
    check('who calls, for events and records', shownToUs, '7010');
    check('a second one', (await caller.call(one, '7001', hides)).status, 486);
    await first.hangUp();
    await site().quiet();
  });

  it('a mailbox does not learn who hides', async () => {
    await site().extension('7020', { voicemail_enabled: true });
    const { hangUp } = await caller.call(from, '7020', { headers: ['Privacy: id'] });
    await eventually('the mailbox', async () => (await channels()).includes('"voicemail"'));
    await hangUp();
    await site().quiet();
    const listed = await site().freeswitch.api(`vm_list 7020@${DOMAIN}`);
    check('its messages name the caller', /7000|Known/.test(listed), false);
  });

  describe('anonymous@anonymous.invalid', () => {
    const hides = HIDES.at(-1)?.[1] ?? {};
    it('opens no tenant to another', async () => {
      const theirs = await site().extension('7030', {}, OTHER_DOMAIN);
      const mine = await site().extension('7030');
      check(
        'as the other tenant',
        (await caller.call(theirs, '7001', { ...hides, domain: DOMAIN })).status,
        403,
      );
      check(
        'a wrong password',
        (await caller.call({ ...mine, password: 'wrong' }, '7001', hides)).status,
        403,
      );
      check('as itself', (await caller.call(theirs, '7001', hides)).status, 404);
      check(
        'after the other',
        (await caller.call(mine, '7001', { ...hides, domain: OTHER_DOMAIN })).status,
        403,
      );
      check(
        'the disabled one',
        (await site().api('PUT', '/extensions/7030', { status: 'disabled' })).status,
        200,
      );
      check('calls no more', (await caller.call(mine, '7001', hides)).status, 403);
    });

    it('registers nobody', async () => {
      const account = { ...(await site().extension('7031')), domain: 'anonymous.invalid' };
      check('REGISTER', await called.register(account), 403);
      const raw = await RawPhone.udp(site().freeswitch.sipPort);
      const to = `7031@${DOMAIN}`;
      const request = { method: 'REGISTER', account, from: to, to, headers: ['Expires: 300'] };
      check('REGISTER in its realm', await raw.request({ ...request, uri: `sip:${DOMAIN}` }), 403);
      raw.close();
    });
  });
});
