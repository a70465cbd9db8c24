import { forwards, type Reply, ScriptedPhone } from './scripted-phone';
import { describeLive, type Site } from './site';
import { type Account } from './sipp';

describeLive('a call that nobody answers', { phones: 1, freeswitch: { RING_SECONDS: '2' } }, (site) => {
  const check: Site['check'] = (...finding) => site().check(...finding);
  let caller: ScriptedPhone;
  let from: Account;

  beforeAll(async () => {
    caller = await ScriptedPhone.create(site().freeswitch.sipPort);
    from = await site().extension('8000', { max_concurrent: 9 });
  });
  afterAll(() => caller.close());

  /** `gone`: its port is closed, and the machine says so. */
  type Device = Reply | 'gone';
  const refuses = (status: number): Device => ({ status });

  async function phones(account: Account, devices: Device[]): Promise<ScriptedPhone[]> {
    const made: ScriptedPhone[] = [];
    for (const device of devices) {
      const phone = await ScriptedPhone.create(site().freeswitch.sipPort);
      await phone.register(account);
      if (device !== 'gone') phone.reply = device;
      made.push(phone);
    }
    devices.forEach((device, index) => device === 'gone' && made[index]?.close());
    return made.filter((_, index) => devices[index] !== 'gone');
  }

  const name = (device: Device): string =>
    typeof device === 'string' ? device : 'status' in device ? String(device.status) : 'answers';

  const TOLD: [number, Device[]][] = [
    [480, ['gone']],
    [480, ['silent']],
    [480, ['rings']],
    [480, [refuses(480)]],
    [486, [refuses(486)]],
    [486, [refuses(600)]],
    [603, [refuses(603)]],
    [488, [refuses(488)]],
    [480, [refuses(404)]],
    [480, [refuses(500)]],
    [480, [refuses(503)]],
    [480, [refuses(408)]],
    [480, [forwards('anywhere@nowhere.test')]],
    [486, ['gone', refuses(486)]],
    [486, ['silent', refuses(486)]],
    [486, ['rings', refuses(486)]],
    [486, [refuses(404), refuses(486)]],
    [486, [refuses(488), refuses(486)]],
    [603, [refuses(486), refuses(603)]],
    [603, ['gone', refuses(603)]],
    [480, ['gone', 'rings']],
    [480, [refuses(488), refuses(480)]],
    [488, ['gone', refuses(488)]],
    [486, [forwards('anywhere@nowhere.test'), refuses(486), 'gone']],
  ];

  let next = 8_100;
  it.each(TOLD)('the caller is told %i', async (status, devices) => {
    for (const order of [devices, [...devices].reverse()].slice(0, devices.length)) {
      const account = await site().extension(String(next++));
      const open = await phones(account, order);
      const call = await caller.call(from, account.number);
      check(order.map(name).join(' and '), call.status, status);
      open.forEach((phone) => phone.close());
    }
  });

  it('goes to the mailbox, whatever the phones said', async () => {
    const replies: Device[] = ['gone', 'silent', 'rings'];
    for (const status of [404, 408, 480, 486, 488, 500, 503, 600, 603, 302]) replies.push(refuses(status));
    for (const reply of replies) {
      const account = await site().extension(String(next++), { voicemail_enabled: true });
      const open = await phones(account, [reply]);
      const call = await caller.call(from, account.number);
      check(name(reply), call.status, 200);
      await call.hangUp();
      open.forEach((phone) => phone.close());
    }
    await site().quiet();
  });

  it('goes to the mailbox when the connection of the only phone is closed', async () => {
    const account = await site().extension('8090', { voicemail_enabled: true });
    const contact = `sip:8090@127.0.0.1:${site().phone(0).port};transport=tcp`;
    check('REGISTER', await site().phone(0).register(account, { contact }), 200);
    check('the call', await site().phone(0).speak(from, '8090', 4_500), 200);
    await site().quiet();
    check('messages', await site().messagesOf('8090', 'new'), '1');
  });
});
