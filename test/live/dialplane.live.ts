import { NAMES } from './names';
import { RawPhone } from './raw-phone';
import { describeLive, DOMAIN, OTHER_DOMAIN, type Site } from './site';
import { type Account, type Phone } from './sipp';
import { eventually } from './waiting';

describeLive('Dialplane with a real FreeSWITCH and real phones', { phones: 3 }, (site) => {
  const phone = (index: number): Phone => site().phone(index);
  const check: Site['check'] = (...finding) => site().check(...finding);
  const api: Site['api'] = (...request) => site().api(...request);
  const extension: Site['extension'] = (...given) => site().extension(...given);
  const statusOf = (number: string): Promise<unknown> => site().statusOf(number);
  const statusWithin: Site['statusWithin'] = (...given) => site().statusWithin(...given);
  const contactsOf = (account: Account): Promise<number> => site().contactsOf(account);

  describe('registering', () => {
    it('follows a phone from its first registration to its last', async () => {
      const account = await extension('1001');
      check('status before any phone', await statusWithin('1001', 'unregistered'), 'unregistered');
      check('REGISTER with the right password', await phone(0).register(account), 200);
      check('status then', await statusWithin('1001', 'registered'), 'registered');
      check('REGISTER of a second phone', await phone(1).register(account), 200);
      check('contacts in FreeSWITCH', await contactsOf(account), 2);
      check('the first phone unregisters', await phone(0).unregister(account), 200);
      check('status while one phone is left', await statusOf('1001'), 'registered');
      check('the second phone unregisters', await phone(1).unregister(account), 200);
      check('status when the last is gone', await statusWithin('1001', 'unregistered'), 'unregistered');
    });

    it('refuses who is not let in', async () => {
      const account = await extension('1002');
      const stranger = { ...account, number: '1999' };
      const elsewhere = { ...account, domain: 'nobody.test' };
      check('wrong password', await phone(0).register({ ...account, password: 'wrong' }), 403);
      check('unknown extension', await phone(0).register(stranger), 403);
      check('unknown tenant', await phone(0).register(elsewhere), 403);
      check(
        'call with a wrong password',
        await phone(0).call({ ...account, password: 'wrong' }, '1001'),
        403,
      );
    });

    it('keeps tenants apart', async () => {
      const victim = await extension('1003');
      const attacker = await extension('1003', {}, OTHER_DOMAIN);
      const forger = await RawPhone.udp(site().freeswitch.sipPort);
      const address = `1003@${DOMAIN}`;
      const contact = `<sip:1003@127.0.0.1:${phone(1).port}>`;
      const headers = ['Expires: 300'];
      const uri = `sip:${DOMAIN}`;
      const forged = { account: attacker, from: address, to: address, uri, contact, headers };
      await forger.request({ method: 'REGISTER', ...forged });
      forger.close();
      check("another tenant's forged REGISTER: status of the victim", await statusOf('1003'), 'unregistered');
      const caller = await extension('1004');
      const called = await phone(1).listen();
      check('a call to the victim', await phone(0).call(caller, '1003'), 480);
      check('reached the forger', await called.invited(), false);
      await called.hangUp();
      check('the victim registers', await phone(2).register(victim), 200);
      check("the other tenant's number", await phone(0).call(attacker, '1004'), 404);
    });
  });

  describe('taking access away', () => {
    it('rotates the password', async () => {
      const old = await extension('1010');
      check('REGISTER before', await phone(0).register(old), 200);
      const { status, body } = await api('POST', '/extensions/1010/change-password', {});
      check('change-password', status, 200);
      const fresh = { ...old, password: (body.data as { sip_password: string }).sip_password };
      check('old password at the next REGISTER', await phone(0).register(old), 403);
      check('new password', await phone(0).register(fresh), 200);
    });

    it('disables and enables', async () => {
      const account = await extension('1011');
      await phone(0).register(account);
      check('disable', (await api('PUT', '/extensions/1011', { status: 'disabled' })).status, 200);
      check('contacts right after', await contactsOf(account), 0);
      check('REGISTER while disabled', await phone(0).register(account), 403);
      check('call while disabled', await phone(0).call(account, '1001'), 403);
      check('enable', (await api('PUT', '/extensions/1011', { status: 'active' })).status, 200);
      check('REGISTER when enabled again', await phone(0).register(account), 200);
    });

    it('deletes', async () => {
      const account = await extension('1012');
      await phone(0).register(account);
      await phone(1).register(account);
      check('delete', (await api('DELETE', '/extensions/1012')).body, { data: { deleted: true } });
      check('contacts right after', await contactsOf(account), 0);
      check('REGISTER of a deleted extension', await phone(0).register(account), 403);
      const caller = await extension('1013');
      check('a call to it', await phone(0).call(caller, '1012'), 404);
    });

    it('deletes while a lookup is in flight', async () => {
      const account = await extension('1014');
      const held = site().wire.hold();
      const registering = phone(0).register(account);
      await held;
      const deleting = api('DELETE', '/extensions/1014');
      await eventually(
        'the delete is committed',
        async () => (await api('GET', '/extensions/1014')).status === 404,
      );
      site().wire.release();
      check('delete during a lookup', (await deleting).status, 200);
      // FreeSWITCH had its answer before the delete had its own: whether it let the phone in is a race.
      await registering;
      check('contacts after it', await contactsOf(account), 0);
      check('REGISTER after it', await phone(0).register(account), 403);
    });
  });

  describe('calling', () => {
    it('tells the caller what came of it', async () => {
      const [caller, callee] = [await extension('1020', { max_concurrent: 1 }), await extension('1021')];
      check('nobody registered', await phone(0).call(caller, '1021'), 480);
      check('no such extension', await phone(0).call(caller, '1999'), 404);
      check('not a number', await phone(0).call(caller, '${hostname}'), 404);
      await phone(1).register(callee);
      await phone(2).register(callee);
      const [busy, answers] = [await phone(1).listen('busy'), await phone(2).listen()];
      check('two phones, one busy, one answers', await phone(0).call(caller, '1021'), 200);
      await Promise.all([busy.hangUp(), answers.hangUp()]);
      await phone(2).unregister(callee);
      const alone = await phone(1).listen('busy');
      check('the only phone is busy', await phone(0).call(caller, '1021'), 486);
      await alone.hangUp();
      const called = await phone(1).listen();
      const first = phone(0).call(caller, '1021', 3_000);
      await eventually('the first call', () => called.invited());
      check('a second call with max_concurrent 1', await phone(2).call(caller, '1021'), 486);
      check('the first call', await first, 200);
      await called.hangUp();
    });

    it('shows the name of the caller exactly as typed', async () => {
      const [caller, callee] = [await extension('1030'), await extension('1031')];
      await phone(1).register(callee);
      for (const name of NAMES) {
        const { status } = await api('PUT', '/extensions/1030', { display_name: name });
        expect(status).toBe(200);
        const called = await phone(1).listen();
        check('call', await phone(0).call(caller, '1031'), 200);
        const { displayName, from, invite } = await called.call();
        await called.hangUp();
        check('name at the phone', displayName, name);
        check('address at the phone', from, `sip:1030@${DOMAIN}`);
        expect(invite).not.toMatch(/^X-Evil/m);
      }
      const { status } = await api('PUT', '/extensions/1030', { display_name: 'a\r\nX-Evil: 1' });
      check('a name with line breaks', status, 422);
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
        check('REGISTER with a hostile Contact', await phone(1).register(callee, { contact }), 200);
        check('a call to it', await phone(0).call(caller, '1041'), 480);
        // As click-to-call and queues do it: through the dial-string of the directory.
        await site().freeswitch.api(`originate {originate_timeout=1}user/1041@${DOMAIN} &park()`);
        await phone(1).register(callee, { contact, expires: 0 });
      }
      check('another leg was dialled', await elsewhere.invited(), false);
      await elsewhere.hangUp();
    });
  });

  it('knows who is registered after a restart of FreeSWITCH', async () => {
    const [stays, leaves] = [await extension('1050'), await extension('1051')];
    await phone(0).register(stays);
    await site().freeswitch.restart();
    check('status of a phone that was registered', await statusWithin('1050', 'registered'), 'registered');
    check('status of one that was not', await statusWithin('1051', 'unregistered'), 'unregistered');
    check('REGISTER after the restart', await phone(1).register(leaves), 200);
    check('status then', await statusWithin('1051', 'registered'), 'registered');
    check('delete', (await api('DELETE', '/extensions/1050')).status, 200);
    check('contacts right after', await contactsOf(stays), 0);
  });
});
