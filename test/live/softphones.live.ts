import { ScriptedPhone } from './scripted-phone';
import { methodOf } from './sip-message';
import { describeLive, type Site } from './site';
import { Baresip, isInstalled, Linphone } from './softphone-program';
import { type Account } from './sipp';
import { eventually } from './waiting';

const UP = /CALL_ESTABLISHED/;
const OVER = /CALL_CLOSED/;
const isThere = isInstalled('baresip') && isInstalled('linphonec');

(isThere ? describe : describe.skip)('softphones that people use', () => {
  describeLive('baresip over UDP and Linphone over TCP', { phones: 0 }, (site) => {
    const check: Site['check'] = (...finding) => site().check(...finding);
    let baresip: Baresip;
    let linphone: Linphone;
    let third: ScriptedPhone;
    let account: Account;

    beforeAll(async () => {
      const { sipPort } = site().freeswitch;
      account = await site().extension('7001', { display_name: 'Ba Resip' });
      baresip = await Baresip.start(sipPort, account);
      linphone = await Linphone.start(sipPort, await site().extension('7002'));
      third = await ScriptedPhone.create(sipPort);
      await third.register(await site().extension('7003'));
    });
    afterEach(async () => {
      baresip.hangUp();
      linphone.hangUp();
      await site().quiet();
    });
    afterAll(async () => {
      await baresip.stop();
      await linphone.stop();
      third.close();
    });

    /** Both are on the line then. */
    async function baresipCallsLinphone(): Promise<string> {
      baresip.call('7002');
      const from = await linphone.says(/incoming call from .*/);
      linphone.answer();
      await linphone.says(/Media streams established/);
      await baresip.says(UP);
      return from;
    }
    const rang = (count: number): Promise<boolean> =>
      eventually('the third phone rings', () => third.invites.length === count);
    const wasHungUp = (count: number): Promise<boolean> =>
      eventually(
        'BYE to the third phone',
        () => third.received.filter((text) => methodOf(text) === 'BYE').length === count,
      );

    it('register', async () => {
      check('baresip', await site().statusWithin('7001', 'registered'), 'registered');
      check('Linphone', await site().statusWithin('7002', 'registered'), 'registered');
    });

    it('call one another', async () => {
      linphone.call('7001');
      await baresip.says(UP);
      await linphone.says(/Media streams established/);
      linphone.hangUp();
      await baresip.says(OVER);
      await site().quiet();
      check('who calls', (await baresipCallsLinphone()).includes('"Ba Resip" <sip:7001@'), true);
      baresip.hangUp();
      await linphone.says(/Call \d+ with .* ended/);
    });

    it('transfer', async () => {
      await baresipCallsLinphone();
      linphone.transfer('7003');
      await rang(1);
      await linphone.says(/Call \d+ with .* ended/);
      baresip.hangUp();
      await wasHungUp(1);
      await site().quiet();
      await baresipCallsLinphone();
      baresip.transfer('7003');
      await rang(2);
      await baresip.says(OVER);
      linphone.hangUp();
      await wasHungUp(2);
    });

    it('forward', async () => {
      baresip.call('7002');
      await linphone.says(/incoming call from/);
      linphone.forward('7003');
      await rang(3);
      await baresip.says(UP);
      baresip.hangUp();
      await wasHungUp(3);
    });

    it('are out with a new password', async () => {
      const { status } = await site().api('POST', '/extensions/7001/change-password?disconnect=true', {});
      check('rotated', status, 200);
      check('baresip', await site().statusWithin('7001', 'unregistered'), 'unregistered');
      linphone.call('7001');
      await linphone.says(/Call \d+ with .* (?:ended|error)/);
      baresip.call('7002');
      await baresip.says(/CALL_CLOSED.*403/);
    });
  });
});
