import Database from 'libsql';
import { join } from 'node:path';
import { describeLive, DOMAIN, OTHER_DOMAIN, type Site } from './site';
import { Phone } from './sipp';
import { eventually, freePort } from './waiting';

const RECORDING = /^live\.test\/\d{4}-\d\d-\d\d\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.wav$/;
const OUTSIDE = '0281234567';

let trunkPort = 0;

const options = async (): Promise<object> => {
  trunkPort = await freePort();
  return {
    phones: 3,
    freeswitch: { TRUNK_ADDRESS: `127.0.0.1:${trunkPort}`, RING_SECONDS: '2' },
    // What a caller ID is, FreeSWITCH may keep for a minute otherwise.
    dialplane: { DIRECTORY_CACHE_MS: '0' },
  };
};

describeLive('what the fields of an extension promise', options, (site) => {
  let trunk: Phone;
  const phone = (index: number): Phone => site().phone(index);
  const check: Site['check'] = (...finding) => site().check(...finding);
  const extension: Site['extension'] = (...given) => site().extension(...given);

  beforeAll(async () => {
    trunk = await Phone.create(site().freeswitch.sipPort, trunkPort);
  });
  afterAll(() => trunk.destroy());

  describe('max_concurrent', () => {
    it('counts calls in and out together, and frees them on hangup', async () => {
      const two = await extension('3001', { max_concurrent: 2 });
      const [caller, callee] = [await extension('3002'), await extension('3003')];
      await phone(1).register(two);
      await phone(2).register(callee);
      const [itsPhone, theirs] = [await phone(1).listen(), await phone(2).listen()];
      const inbound = phone(0).call(caller, '3001', 5_000);
      await eventually('the call in', () => itsPhone.invited());
      const outbound = phone(0).call(two, '3003', 5_000);
      await eventually('the call out', () => theirs.invited());
      check('max_concurrent 2, one in, one out: a third out', await phone(0).call(two, '3003'), 486);
      check('a third in', await phone(0).call(caller, '3001'), 486);
      check('a third to the outside', await phone(0).call(two, OUTSIDE), 486);
      check('the call in', await inbound, 200);
      check('the call out', await outbound, 200);
      await site().quiet();
      check('after both hung up: a call in', await phone(0).call(caller, '3001'), 200);
      check('and one out', await phone(0).call(two, '3003'), 200);
      await Promise.all([itsPhone.hangUp(), theirs.hangUp()]);
    });
  });

  describe('recording_mode', () => {
    const MODES = [
      ['none', 'none', 0],
      ['inbound', 'outbound', 0],
      ['outbound', 'none', 1],
      ['all', 'none', 1],
      ['none', 'inbound', 1],
      ['none', 'all', 1],
      ['all', 'all', 1],
    ] as const;

    const recordings = async (): Promise<string[]> => {
      await site().quiet();
      return site().freeswitch.files('recordings');
    };

    it('makes exactly the files it should', async () => {
      const [caller, callee] = [await extension('3101'), await extension('3102')];
      await phone(1).register(callee);
      for (const [from, to, files] of MODES) {
        await site().api('PUT', '/extensions/3101', { recording_mode: from });
        await site().api('PUT', '/extensions/3102', { recording_mode: to });
        const before = await recordings();
        const called = await phone(1).listen();
        await phone(0).speak(caller, '3102', 1_500);
        await called.hangUp();
        const made = (await recordings()).filter((file) => !before.includes(file));
        check(`files: caller ${from}, called ${to}`, made.length, files);
        for (const file of made) expect(file).toMatch(RECORDING);
      }
      const before = await recordings();
      const rings = await phone(1).listen('ring');
      check('nobody answers', await phone(0).call(caller, '3102'), 480);
      await rings.hangUp();
      check('files then', (await recordings()).length - before.length, 0);
    });

    it('counts calls to the outside as outbound', async () => {
      const caller = await extension('3103', { recording_mode: 'outbound' });
      for (const [mode, files] of [
        ['outbound', 1],
        ['inbound', 0],
      ] as const) {
        await site().api('PUT', '/extensions/3103', { recording_mode: mode });
        const before = await recordings();
        const far = await trunk.listen();
        check('a call to the outside', await phone(0).speak(caller, OUTSIDE, 1_500), 200);
        await far.hangUp();
        check(`files: ${mode}`, (await recordings()).length - before.length, files);
      }
    });
  });

  describe('outbound_caller_id', () => {
    const callerId = (...args: string[]): Promise<unknown> =>
      site().app.cli('caller-id', ...args, '--tenant', DOMAIN);

    async function presented(
      account: Parameters<Phone['call']>[0],
    ): Promise<[string | null, string, string]> {
      const far = await trunk.listen();
      check('a call to the outside', await phone(0).call(account, OUTSIDE), 200);
      const { displayName, from, invite } = await far.call();
      await far.hangUp();
      return [displayName, from, invite];
    }

    function deactivate(number: string): void {
      const database = new Database(join(site().app.folder, 'dialplane.db'));
      database.prepare("UPDATE caller_ids SET status = 'inactive' WHERE number = ?").run(number);
      database.close();
    }

    it('is presented while it is active, else the default of the tenant, else nothing', async () => {
      await callerId('create', '--number', '0900000020', '--display-name', 'Internal name');
      await callerId('create', '--number', '+84900000021');
      const caller = await extension('3201', { display_name: 'An Nguyễn', outbound_caller_id: '0900000020' });
      const [shown, own] = await presented(caller);
      check('its own caller ID', own, 'sip:0900000020@127.0.0.1');
      check('and no name', shown, null);
      deactivate('0900000020');
      const [nobody, none, invite] = await presented(caller);
      check('inactive, and no default', none, 'sip:anonymous@anonymous.invalid');
      check('name', nobody, 'Anonymous');
      expect(invite).toMatch(/^Privacy: id$/m);
      for (const secret of ['3201', 'Nguy', 'Somebody', DOMAIN]) expect(invite).not.toContain(secret);
      await callerId('default', '--number', '84900000021');
      const [, byDefault] = await presented(caller);
      check('inactive, and a default', byDefault, 'sip:+84900000021@127.0.0.1');
      const other = await extension('3201', {}, OTHER_DOMAIN);
      check(
        'the other tenant has no default',
        (await presented(other))[1],
        'sip:anonymous@anonymous.invalid',
      );
    });

    it('goes to numbers outside only', async () => {
      const caller = await extension('3202');
      check('too short for the outside', await phone(0).call(caller, '311311'), 404);
      check('no number', await phone(0).call(caller, '+8490000002x'), 404);
      const inside = await extension('0281234567');
      await phone(1).register(inside);
      const called = await phone(1).listen();
      check('an extension comes first', await phone(0).call(caller, '0281234567'), 200);
      check('it rang', await called.invited(), true);
      await called.hangUp();
    });
  });
});
