import { liveToolsAvailable } from './available';
import { type Answer, DialplaneApp } from './dialplane-app';
import { Findings } from './findings';
import { forgedRegister } from './forged-register';
import { NAMES } from './names';
import { RealFreeSwitch } from './real-freeswitch';
import { type Account, Phone } from './sipp';
import { SlowWire } from './slow-wire';
import { eventually, freePort } from './waiting';

const DOMAIN = 'live.test';
const OTHER_DOMAIN = 'other.test';
const ESL_PASSWORD = 'live-esl';
const XML_CURL_PASSWORD = 'live-xml-curl';
/** Every phone of the suite; each test registers those it needs. */
const PHONES = 3;

(liveToolsAvailable() ? describe : describe.skip)('Dialplane with a real FreeSWITCH and real phones', () => {
  const findings = new Findings();
  let app: DialplaneApp;
  let freeswitch: RealFreeSwitch;
  let wire: SlowWire;
  let token: string;
  let otherToken: string;
  let phones: Phone[] = [];

  beforeAll(async () => {
    const eslPort = await freePort();
    app = await DialplaneApp.create(
      `esl://:${ESL_PASSWORD}@127.0.0.1:${eslPort}?name=live`,
      XML_CURL_PASSWORD,
    );
    token = await app.tenant(DOMAIN);
    otherToken = await app.tenant(OTHER_DOMAIN);
    // Dialplane first: it must cope with a switch that is not there yet.
    await app.serve();
    const direct = new URL(app.directoryUrl);
    wire = await SlowWire.start(Number(direct.port));
    freeswitch = await RealFreeSwitch.start({
      directoryUrl: `http://127.0.0.1:${wire.port}${direct.pathname}`,
      username: 'freeswitch',
      password: XML_CURL_PASSWORD,
      eslPort,
      eslPassword: ESL_PASSWORD,
    });
    phones = await Promise.all(Array.from({ length: PHONES }, () => Phone.create(freeswitch.sipPort)));
  });

  afterAll(async () => {
    findings.print();
    await Promise.all(phones.map((phone) => phone.destroy()));
    await freeswitch?.stop();
    wire?.stop();
    await app?.stop();
  });

  afterEach(async () => {
    if (expect.getState().assertionCalls > expect.getState().numPassingAsserts) {
      process.stderr.write(`${await freeswitch.logTail()}\n${app.outputTail()}\n`);
    }
  });

  const phone = (index: number): Phone => {
    const found = phones[index];
    if (!found) throw new Error(`no phone ${index}`);
    return found;
  };

  const api = (method: string, path: string, body?: object): Promise<Answer> =>
    app.request(token, method, path, body);

  async function extension(number: string, more: object = {}, by = token, domain = DOMAIN): Promise<Account> {
    const { status, body } = await app.request(by, 'POST', '/extensions', {
      extension_number: number,
      ...more,
    });
    expect(status).toBe(201);
    return { number, domain, password: (body.data as { sip_password: string }).sip_password };
  }

  async function statusOf(number: string): Promise<unknown> {
    const { body } = await api('GET', `/extensions/${number}`);
    return (body.data as Record<string, unknown>).sip_registration;
  }

  /** The status once it is that; else what it is after the deadline. */
  async function statusWithin(number: string, wanted: string): Promise<unknown> {
    const reached = eventually('status', async () => (await statusOf(number)) === wanted && wanted);
    return reached.catch(() => statusOf(number));
  }

  /** What FreeSWITCH itself holds for the extension. */
  async function contactsOf({ number, domain }: Account): Promise<number> {
    const xml = await freeswitch.api('sofia xmlstatus profile internal reg');
    const fields = `<sip-auth-user>${number}</sip-auth-user>\\s*<sip-auth-realm>${domain}</sip-auth-realm>`;
    return xml.match(new RegExp(fields, 'g'))?.length ?? 0;
  }

  describe('registering', () => {
    it('follows a phone from its first registration to its last', async () => {
      const account = await extension('1001');
      findings.check('status before any phone', await statusWithin('1001', 'unregistered'), 'unregistered');
      findings.check('REGISTER with the right password', await phone(0).register(account), 200);
      findings.check('status then', await statusWithin('1001', 'registered'), 'registered');
      findings.check('REGISTER of a second phone', await phone(1).register(account), 200);
      findings.check('contacts in FreeSWITCH', await contactsOf(account), 2);
      findings.check('the first phone unregisters', await phone(0).unregister(account), 200);
      findings.check('status while one phone is left', await statusOf('1001'), 'registered');
      findings.check('the second phone unregisters', await phone(1).unregister(account), 200);
      findings.check(
        'status when the last is gone',
        await statusWithin('1001', 'unregistered'),
        'unregistered',
      );
    });

    it('refuses who is not let in', async () => {
      const account = await extension('1002');
      const stranger = { ...account, number: '1999' };
      const elsewhere = { ...account, domain: 'nobody.test' };
      findings.check('wrong password', await phone(0).register({ ...account, password: 'wrong' }), 403);
      findings.check('unknown extension', await phone(0).register(stranger), 403);
      findings.check('unknown tenant', await phone(0).register(elsewhere), 403);
      findings.check(
        'call with a wrong password',
        await phone(0).call({ ...account, password: 'wrong' }, '1001'),
        403,
      );
    });

    it('keeps tenants apart', async () => {
      const victim = await extension('1003');
      const attacker = await extension('1003', {}, otherToken, OTHER_DOMAIN);
      await forgedRegister(freeswitch.sipPort, attacker, DOMAIN, `sip:1003@127.0.0.1:${phone(1).port}`);
      findings.check(
        "another tenant's forged REGISTER: status of the victim",
        await statusOf('1003'),
        'unregistered',
      );
      const caller = await extension('1004');
      const called = await phone(1).listen();
      findings.check('a call to the victim', await phone(0).call(caller, '1003'), 480);
      findings.check('reached the forger', await called.invited(), false);
      await called.hangUp();
      findings.check('the victim registers', await phone(2).register(victim), 200);
      findings.check("the other tenant's number", await phone(0).call(attacker, '1004'), 404);
    });
  });

  describe('taking access away', () => {
    it('rotates the password', async () => {
      const old = await extension('1010');
      findings.check('REGISTER before', await phone(0).register(old), 200);
      const { status, body } = await api('POST', '/extensions/1010/change-password', {});
      findings.check('change-password', status, 200);
      const fresh = { ...old, password: (body.data as { sip_password: string }).sip_password };
      findings.check('old password at the next REGISTER', await phone(0).register(old), 403);
      findings.check('new password', await phone(0).register(fresh), 200);
    });

    it('disables and enables', async () => {
      const account = await extension('1011');
      await phone(0).register(account);
      findings.check('disable', (await api('PUT', '/extensions/1011', { status: 'disabled' })).status, 200);
      findings.check('contacts right after', await contactsOf(account), 0);
      findings.check('REGISTER while disabled', await phone(0).register(account), 403);
      findings.check('call while disabled', await phone(0).call(account, '1001'), 403);
      findings.check('enable', (await api('PUT', '/extensions/1011', { status: 'active' })).status, 200);
      findings.check('REGISTER when enabled again', await phone(0).register(account), 200);
    });

    it('deletes', async () => {
      const account = await extension('1012');
      await phone(0).register(account);
      await phone(1).register(account);
      findings.check('delete', (await api('DELETE', '/extensions/1012')).body, { data: { deleted: true } });
      findings.check('contacts right after', await contactsOf(account), 0);
      findings.check('REGISTER of a deleted extension', await phone(0).register(account), 403);
      const caller = await extension('1013');
      findings.check('a call to it', await phone(0).call(caller, '1012'), 404);
    });

    it('deletes while a lookup is in flight', async () => {
      const account = await extension('1014');
      const held = wire.hold();
      const registering = phone(0).register(account);
      await held;
      const deleting = api('DELETE', '/extensions/1014');
      await eventually(
        'the delete is committed',
        async () => (await api('GET', '/extensions/1014')).status === 404,
      );
      wire.release();
      findings.check('delete during a lookup', (await deleting).status, 200);
      // FreeSWITCH had its answer before the delete had its own: whether it let the phone in is a race.
      await registering;
      findings.check('contacts after it', await contactsOf(account), 0);
      findings.check('REGISTER after it', await phone(0).register(account), 403);
    });
  });

  describe('calling', () => {
    it('tells the caller what came of it', async () => {
      const [caller, callee] = [await extension('1020', { max_concurrent: 1 }), await extension('1021')];
      findings.check('nobody registered', await phone(0).call(caller, '1021'), 480);
      findings.check('no such extension', await phone(0).call(caller, '1999'), 404);
      findings.check('not a number', await phone(0).call(caller, '${hostname}'), 404);
      await phone(1).register(callee);
      await phone(2).register(callee);
      const [busy, answers] = [await phone(1).listen('busy'), await phone(2).listen()];
      findings.check('two phones, one busy, one answers', await phone(0).call(caller, '1021'), 200);
      await Promise.all([busy.hangUp(), answers.hangUp()]);
      await phone(2).unregister(callee);
      const alone = await phone(1).listen('busy');
      findings.check('the only phone is busy', await phone(0).call(caller, '1021'), 486);
      await alone.hangUp();
      const called = await phone(1).listen();
      const first = phone(0).call(caller, '1021', 3_000);
      await eventually('the first call', () => called.invited());
      findings.check('a second call with max_concurrent 1', await phone(2).call(caller, '1021'), 486);
      findings.check('the first call', await first, 200);
      await called.hangUp();
    });

    it('shows the name of the caller exactly as typed', async () => {
      const [caller, callee] = [await extension('1030'), await extension('1031')];
      await phone(1).register(callee);
      for (const name of NAMES) {
        const { status } = await api('PUT', '/extensions/1030', { display_name: name });
        expect(status).toBe(200);
        const called = await phone(1).listen();
        findings.check('call', await phone(0).call(caller, '1031'), 200);
        const { displayName, from, invite } = await called.call();
        await called.hangUp();
        findings.check('name at the phone', displayName, name);
        findings.check('address at the phone', from, `sip:1030@${DOMAIN}`);
        expect(invite).not.toMatch(/^X-Evil/m);
      }
      const { status } = await api('PUT', '/extensions/1030', { display_name: 'a\r\nX-Evil: 1' });
      findings.check('a name with line breaks', status, 422);
    });

    it('dials nothing that a phone wrote into its Contact', async () => {
      const [caller, callee] = [await extension('1040'), await extension('1041')];
      const [here, there] = [`sip:1041@127.0.0.1:${phone(1).port}`, `sip:1041@127.0.0.1:${phone(2).port}`];
      await phone(2).register(caller);
      const elsewhere = await phone(2).listen();
      // In a dial-string a comma or a bar starts another leg, [ ] and ${ } run commands.
      const contacts = [
        `${here};x=1,user/1040@${DOMAIN}`,
        `${here};x=1|user/1040@${DOMAIN}`,
        `${here};x=1,[a=b]sofia/internal/${there}`,
        `${here};x=\${hostname}`,
      ];
      for (const contact of contacts) {
        findings.check('REGISTER with a hostile Contact', await phone(1).register(callee, { contact }), 200);
        findings.check('a call to it', await phone(0).call(caller, '1041'), 480);
        // As click-to-call and queues do it: through the dial-string of the directory.
        await freeswitch.api(`originate {originate_timeout=1}user/1041@${DOMAIN} &park()`);
        await phone(1).register(callee, { contact, expires: 0 });
      }
      findings.check('another leg was dialled', await elsewhere.invited(), false);
      await elsewhere.hangUp();
    });
  });

  it('knows who is registered after a restart of FreeSWITCH', async () => {
    const [stays, leaves] = [await extension('1050'), await extension('1051')];
    await phone(0).register(stays);
    await freeswitch.restart();
    findings.check(
      'status of a phone that was registered',
      await statusWithin('1050', 'registered'),
      'registered',
    );
    findings.check('status of one that was not', await statusWithin('1051', 'unregistered'), 'unregistered');
    findings.check('REGISTER after the restart', await phone(1).register(leaves), 200);
    findings.check('status then', await statusWithin('1051', 'registered'), 'registered');
    findings.check('delete', (await api('DELETE', '/extensions/1050')).status, 200);
    findings.check('contacts right after', await contactsOf(stays), 0);
  });
});
