import { ScriptedPhone } from './scripted-phone';
import { headerOf } from './sip-message';
import { describeLive, type Site } from './site';
import { freePort } from './waiting';

const CALLER_ID = '0281111112';
const OUTSIDE = '0987654321';

let trunkPort = 0;

const options = async (): Promise<object> => {
  trunkPort = await freePort();
  return { phones: 0, freeswitch: { TRUNK_ADDRESS: `127.0.0.1:${trunkPort}`, MAX_LEGS: '2' } };
};

describeLive('an emergency call', options, (site) => {
  const check: Site['check'] = (...finding) => site().check(...finding);
  let caller: ScriptedPhone;
  let called: ScriptedPhone;
  let trunk: ScriptedPhone;

  beforeAll(async () => {
    const { sipPort } = site().freeswitch;
    caller = await ScriptedPhone.create(sipPort);
    called = await ScriptedPhone.create(sipPort);
    trunk = await ScriptedPhone.create(sipPort, trunkPort);
    await site().app.cli('caller-id', 'create', '--number', CALLER_ID, '--tenant', 'live.test');
    await called.register(await site().extension('6001'));
  });
  afterAll(() => [caller, called, trunk].forEach((phone) => phone.close()));

  it('reaches the trunk when no other call would, by the number of who calls', async () => {
    const given = { max_concurrent: 1, outbound_caller_id: CALLER_ID, recording_mode: 'all' };
    const from = await site().extension('6000', given);
    const first = await caller.call(from, '6001');
    check('the call that uses up what the extension and the node may', first.status, 200);
    check('another one', (await caller.call(from, OUTSIDE)).status, 503);
    const headers = [
      'Privacy: id',
      'Remote-Party-ID: "x" <sip:6666@evil.test>;party=calling;privacy=full',
      'P-Asserted-Identity: <sip:6666@evil.test>',
    ];
    for (const number of ['112', '113', '911']) {
      const call = await caller.call(from, number, { headers });
      check(`${number} is answered`, call.status, 200);
      const invite = trunk.invites.at(-1) ?? '';
      check('the trunk is asked for', /^INVITE sip:(\d+)@/.exec(invite)?.[1], number);
      check('From', headerOf(invite, 'From').replace(/;tag=.*/, ''), `<sip:${CALLER_ID}@127.0.0.1>`);
      check('anything of the phone', invite.match(/6666|evil|Privacy/), null);
      await call.hangUp();
    }
    await first.hangUp();
    await site().quiet();
  });

  it('is of who has no caller ID, too, and passes on what the other side says', async () => {
    const from = await site().extension('6002');
    const call = await caller.call(from, '114', { from: '<sip:anonymous@anonymous.invalid>' });
    check('answered', call.status, 200);
    await call.hangUp();
    trunk.reply = { status: 486 };
    check('busy', (await caller.call(from, '115')).status, 486);
    trunk.reply = { answers: [8] };
    await site().quiet();
  });

  it('is no other number, and nobody is forwarded to it', async () => {
    const from = await site().extension('6003');
    const before = trunk.invites.length;
    for (const number of ['110', '1122', '112,113', '11', '+112']) {
      check(`${number}`, (await caller.call(from, number)).status, 404);
    }
    called.reply = { status: 302, headers: ['Contact: <sip:112@live.test>'] };
    check('forwarded', (await caller.call(from, '6001')).status, 480);
    check('calls outside', trunk.invites.length, before);
  });
});

describeLive('an emergency call without a trunk', { phones: 0 }, (site) => {
  it('says that it cannot be had now, and the log says why', async () => {
    const caller = await ScriptedPhone.create(site().freeswitch.sipPort);
    const from = await site().extension('6000');
    site().check('112', (await caller.call(from, '112')).status, 503);
    site().check('another number', (await caller.call(from, OUTSIDE)).status, 404);
    const log = await site().freeswitch.logTail(400);
    site().check('the log', log.includes('112 was called by 6000 of live.test'), true);
    caller.close();
  });
});
