import { RawPhone } from './raw-phone';
import { describeLive, DOMAIN, OTHER_DOMAIN, type Site } from './site';
import { type Phone } from './sipp';

describeLive('who reaches whom', { phones: 3, freeswitch: { RING_SECONDS: '2' } }, (site) => {
  const phone = (index: number): Phone => site().phone(index);
  const check: Site['check'] = (...finding) => site().check(...finding);

  it('a disabled extension neither registers nor calls nor rings', async () => {
    const [disabled, caller] = [await site().extension('5001'), await site().extension('5002')];
    check('registered before', await phone(1).register(disabled), 200);
    check('disable', (await site().api('PUT', '/extensions/5001', { status: 'disabled' })).status, 200);
    const called = await phone(1).listen();
    check('REGISTER', await phone(1).register(disabled), 403);
    check('a call from it', await phone(0).call(disabled, '5002'), 403);
    check('a call to it', await phone(0).call(caller, '5001'), 404);
    check('it rang', await called.invited(), false);
    await called.hangUp();
  });

  describe('two tenants', () => {
    it('do not call each other by extension number', async () => {
      const mine = await site().extension('5101');
      const theirs = await site().extension('5102', { voicemail_enabled: true }, OTHER_DOMAIN);
      check('the other tenant registers', await phone(1).register(theirs), 200);
      const called = await phone(1).listen();
      check('their number', await phone(0).call(mine, '5102'), 404);
      check('their number at their domain', await phone(0).call(mine, '5102', 0, OTHER_DOMAIN), 404);
      check('their registered name', await phone(0).call(mine, `5102.${OTHER_DOMAIN}`), 404);
      check('they rang', await called.invited(), false);
      await called.hangUp();
      const same = await site().extension('5102');
      check(
        'the same number here: nobody registered',
        await phone(0).call(mine, '5102', 0, OTHER_DOMAIN),
        480,
      );
      await phone(2).register(same);
      const own = await phone(2).listen();
      check('and registered', await phone(0).call(mine, '5102', 0, OTHER_DOMAIN), 200);
      check('it rang here', await own.invited(), true);
      await own.hangUp();
    });

    it('do not see or write to each other', async () => {
      const mine = await site().extension('5103');
      const theirs = await site().extension('5104', {}, OTHER_DOMAIN);
      const [spy, victim] = await Promise.all([
        RawPhone.udp(site().freeswitch.sipPort),
        RawPhone.udp(site().freeswitch.sipPort),
      ]);
      await victim.register(theirs);
      for (const event of ['presence', 'dialog', 'message-summary']) {
        const to = `5104@${OTHER_DOMAIN}`;
        const headers = [`Event: ${event}`, 'Expires: 300'];
        const status = await spy.request({
          method: 'SUBSCRIBE',
          account: mine,
          uri: `sip:${to}`,
          to,
          headers,
        });
        check(`SUBSCRIBE to their ${event}: let in`, status >= 200 && status < 300, false);
      }
      for (const to of [`5104@${OTHER_DOMAIN}`, `5104.${OTHER_DOMAIN}@${OTHER_DOMAIN}`, `5104@${DOMAIN}`]) {
        const body = { type: 'text/plain', text: 'hello' };
        await spy.request({ method: 'MESSAGE', account: mine, uri: `sip:${to}`, to, body });
      }
      // Something that does reach the phone, after what must not have.
      const call = await phone(0).call(await site().extension('5105', {}, OTHER_DOMAIN), '5104');
      check('a call within the tenant: unanswered', call, 480);
      const came = victim.received.map((text) => text.split(' ')[0] ?? '');
      check('it reached the phone', came.includes('INVITE'), true);
      check('MESSAGE reached the phone', came.includes('MESSAGE'), false);
      check(
        'NOTIFY reached the spy',
        spy.received.some((text) => text.startsWith('NOTIFY')),
        false,
      );
      spy.close();
      victim.close();
    });
  });
});
