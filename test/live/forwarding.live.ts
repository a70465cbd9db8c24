import { forwards, ScriptedPhone } from './scripted-phone';
import { headerOf } from './sip-message';
import { describeLive, DOMAIN, OTHER_DOMAIN, type Site } from './site';
import { type Account } from './sipp';
import { eventually, freePort } from './waiting';

const OUTSIDE = '0987654321';
/** Other machines than FreeSWITCH's. */
const [TRUNK, ELSEWHERE] = ['127.0.0.3', '127.0.0.2'];
const BUSY = { status: 486 };
let trunkPort = 0;

const options = async (): Promise<object> => {
  trunkPort = await freePort();
  return { phones: 1, freeswitch: { TRUNK_ADDRESS: `${TRUNK}:${trunkPort}`, RING_SECONDS: '2' } };
};

describeLive('a phone forwards its calls (302)', options, (site) => {
  const phones: ScriptedPhone[] = [];
  const check: Site['check'] = (...finding) => site().check(...finding);
  let trunk: ScriptedPhone;
  let caller: ScriptedPhone;
  let from: Account;

  const create = async (port?: number, host?: string): Promise<ScriptedPhone> => {
    const phone = await ScriptedPhone.create(site().freeswitch.sipPort, port, host);
    phones.push(phone);
    return phone;
  };
  /** A phone of the extension, registered. */
  async function phoneOf(account: Account, reply: ScriptedPhone['reply']): Promise<ScriptedPhone> {
    const phone = await create();
    await phone.register(account);
    phone.reply = reply;
    return phone;
  }
  async function call(number: string): Promise<number> {
    const { status, hangUp } = await caller.call(from, number);
    if (status === 200) await hangUp();
    await site().quiet();
    return status;
  }
  const messages = (number: string): Promise<string> => site().messagesOf(number, 'new');

  beforeAll(async () => {
    trunk = await create(trunkPort, TRUNK);
    caller = await create();
    from = await site().extension('6000', { display_name: 'The caller', max_concurrent: 9 });
  });
  afterAll(() => phones.forEach((phone) => phone.close()));

  it('to an extension: it rings, under its own rules', async () => {
    const [forwarder, target] = [await site().extension('6001'), await site().extension('6002')];
    await phoneOf(forwarder, forwards(`6002@${DOMAIN}`));
    const there = await phoneOf(target, { answers: [8] });
    check('answered there', await call('6001'), 200);
    check('the phone rang', there.invites.length, 1);
    check(
      'with the caller in From',
      headerOf(there.invites[0] ?? '', 'From').includes(`sip:6000@${DOMAIN}`),
      true,
    );
    there.reply = BUSY;
    check('busy there', await call('6001'), 486);
    there.reply = 'rings';
    check('nobody answers there', await call('6001'), 480);
  });

  it('to the address of FreeSWITCH: the same', async () => {
    const [forwarder, target] = [await site().extension('6003'), await site().extension('6004')];
    await phoneOf(forwarder, forwards(`6004@127.0.0.1:${site().freeswitch.sipPort}`));
    const there = await phoneOf(target, { answers: [8] });
    check('answered there', await call('6003'), 200);
    check('the phone rang', there.invites.length, 1);
  });

  it('to a mailbox: that of the one it was forwarded to, else its own', async () => {
    const [forwarder] = [
      await site().extension('6010', { voicemail_enabled: true }),
      await site().extension('6011', { voicemail_enabled: true }),
      await site().extension('6012'),
    ];
    const phone = await phoneOf(forwarder, forwards(`6011@${DOMAIN}`));
    const leaveMessage = async (): Promise<number> => site().phone(0).speak(from, '6010', 4_500);
    check('the mailbox answers', await leaveMessage(), 200);
    await site().quiet();
    check('message there', await messages('6011'), '1');
    check('and none here', await messages('6010'), '0');
    phone.reply = forwards(`6012@${DOMAIN}`);
    check('to one without a mailbox', await leaveMessage(), 200);
    await site().quiet();
    check('message here', await messages('6010'), '1');
  });

  it('outside: only as a call of the extension that forwards', async () => {
    const callerId = '0281111111';
    await site().app.cli('caller-id', 'create', '--number', callerId, '--tenant', DOMAIN);
    const own = { outbound_caller_id: callerId, max_concurrent: 1 };
    const forwarder = await site().extension('6020', own);
    await phoneOf(forwarder, forwards(`${OUTSIDE}@${DOMAIN}`));
    check('answered outside', await call('6020'), 200);
    const invite = trunk.invites.at(-1) ?? '';
    check('the number', /^INVITE sip:(\S+?)@/.exec(invite)?.[1], OUTSIDE);
    check(
      'under its own caller ID',
      headerOf(invite, 'From').replace(/;tag.*/, ''),
      `<sip:${callerId}@127.0.0.1>`,
    );
    for (const secret of ['6000', 'caller', DOMAIN]) expect(invite).not.toContain(secret);
    const first = await caller.call(from, '6020');
    check('within its own limit', (await caller.call(from, '6020')).status, 486);
    await first.hangUp();
    await site().quiet();
    const inside = await site().extension('6022', { max_concurrent: 1 });
    await phoneOf(inside, forwards(`6020@${DOMAIN}`));
    check('over two', await call('6022'), 200);
    check('at the cost of the last', headerOf(trunk.invites.at(-1) ?? '', 'From').includes(callerId), true);
  });

  it('an INVITE goes nowhere else', async () => {
    const forwarder = await site().extension('6030');
    await site().extension('6031', {}, OTHER_DOMAIN);
    const elsewhere = await create(0, ELSEWHERE);
    const phone = await phoneOf(forwarder, 'rings');
    const before = trunk.invites.length;
    const targets = [
      `anything@${elsewhere.address}`,
      `${OUTSIDE}@${elsewhere.address}`,
      `${OUTSIDE}@${trunk.address}`,
      `${OUTSIDE}@trunk.test`,
      `6000@${OTHER_DOMAIN}`,
      `6031@${DOMAIN}`,
      `6031.${OTHER_DOMAIN}@${DOMAIN}`,
      `*97@${DOMAIN}`,
      `112@${DOMAIN}`,
      `\${hostname}@${DOMAIN}`,
      `\${system(id)}@${DOMAIN}`,
      `6000%0a1@${DOMAIN}`,
      `6000,6031@${DOMAIN}`,
      `${DOMAIN}`,
      `6000@${DOMAIN};maddr=${ELSEWHERE}`,
    ];
    for (const status of [300, 301, 302, 305, 380]) {
      for (const target of status === 302 ? targets : targets.slice(0, 3)) {
        phone.reply = { status, headers: [`Contact: <sip:${target}>`] };
        check(`${status} to ${target}`, await call('6030'), 480);
      }
    }
    phone.reply = { status: 302 };
    check('302 without a Contact', await call('6030'), 480);
    check('came elsewhere', elsewhere.received.length, 0);
    check('came to the trunk', trunk.invites.length - before, 0);
  });

  it('the far side of the trunk forwards nothing', async () => {
    const elsewhere = await create(0, ELSEWHERE);
    await phoneOf(await site().extension('6040'), 'rings');
    for (const target of [`6040@${DOMAIN}`, `${OUTSIDE}@${elsewhere.address}`]) {
      trunk.reply = forwards(target);
      check(`302 to ${target}`, await call(OUTSIDE), 503);
    }
    trunk.reply = { answers: [8] };
    check('came elsewhere', elsewhere.received.length, 0);
  });

  it('loops end', async () => {
    const [one, two] = [await site().extension('6050'), await site().extension('6051')];
    const here = await phoneOf(one, forwards(`6051@${DOMAIN}`));
    const there = await phoneOf(two, forwards(`6050@${DOMAIN}`));
    check('in a circle', await call('6050'), 480);
    check('INVITEs', [here.invites.length, there.invites.length], [1, 1]);
    here.reply = forwards(`6050@${DOMAIN}`);
    check('to itself', await call('6050'), 480);
    check('INVITEs', here.invites.length, 2);
    const chain = [];
    for (let at = 6060; at < 6070; at++) {
      const account = await site().extension(String(at));
      chain.push(await phoneOf(account, forwards(`${at + 1}@${DOMAIN}`)));
    }
    check('a long chain', await call('6060'), 480);
    check('how far', chain.filter((phone) => phone.invites.length > 0).length, 6);
  });

  it('one of several phones forwards when none of the others answers', async () => {
    const [several, target] = [await site().extension('6080'), await site().extension('6081')];
    const other = await phoneOf(several, { answers: [8] });
    await phoneOf(several, forwards(`6081@${DOMAIN}`));
    const there = await phoneOf(target, { answers: [8] });
    check('the other answers', await call('6080'), 200);
    check('rang there', there.invites.length, 0);
    other.reply = 'rings';
    check('the other rings out', await call('6080'), 200);
    check('rang there then', there.invites.length, 1);
    other.reply = BUSY;
    check('the other is busy', await call('6080'), 200);
  });

  it('whose calls are counted', async () => {
    const [forwarder, target] = [
      await site().extension('6090', { max_concurrent: 1 }),
      await site().extension('6091', { max_concurrent: 1 }),
    ];
    const phone = await phoneOf(forwarder, forwards(`6091@${DOMAIN}`));
    await phoneOf(target, { answers: [8] });
    const { status, hangUp } = await caller.call(from, '6090');
    check('a forwarded call', status, 200);
    check('the target has as many as it may', await caller.call(from, '6091').then((it) => it.status), 486);
    phone.reply = { answers: [8] };
    const free = await caller.call(from, '6090');
    check('the one that forwarded is free', free.status, 200);
    await free.hangUp();
    await hangUp();
    await eventually('both are over', () =>
      site()
        .quiet()
        .then(() => true),
    );
  });
});
