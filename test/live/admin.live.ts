import { describeLive, DOMAIN, type Site } from './site';
import { type Account, Phone } from './sipp';
import { eventually, freePort } from './waiting';

const OUTSIDE = '0281234567';
const PASSWORD = 'correct horse battery';

let trunkPort = 0;

const options = async (): Promise<object> => {
  trunkPort = await freePort();
  return { phones: 2, freeswitch: { TRUNK_ADDRESS: `127.0.0.1:${trunkPort}` } };
};

describeLive('what administrators do reaches the phones', options, (site) => {
  const phone = (index: number): Phone => site().phone(index);
  const check: Site['check'] = (...finding) => site().check(...finding);
  const send = (token: string, method: string, path: string, body?: object | string) =>
    site().app.send(token, method, path, body);
  const login = async (username: string): Promise<string> => {
    const { body } = await send('', 'POST', '/auth/login', { username, password: PASSWORD });
    return String(body.token);
  };

  it('an import makes phones that register with the passwords it shows once', async () => {
    const csv = 'extension_number,display_name\r\n6001-6003,Imported\r\n';
    const started = await send(site().token, 'POST', '/pbx/extensions/import', csv);
    check('import', started.status, 202);
    const path = `/pbx/extensions/imports/${(started.body.data as { id: string }).id}`;
    await eventually('the import is done', async () => {
      const { data } = (await send(site().token, 'GET', path)).body as { data: { status: string } };
      return data.status === 'done';
    });
    const shown = String((await send(site().token, 'GET', `${path}/passwords`)).body.text);
    const accounts = shown
      .split('\r\n')
      .slice(1, 4)
      .map((line): Account => {
        const [number = '', password = ''] = line.split(',');
        return { number, domain: DOMAIN, password };
      });
    for (const account of accounts)
      check(`REGISTER of ${account.number}`, await phone(0).register(account), 200);
    check('passwords a second time', (await send(site().token, 'GET', `${path}/passwords`)).status, 404);
    const change = 'extension_number,status\r\n6001-6003,disabled\r\n';
    await send(site().token, 'POST', '/pbx/extensions/import?action=update', change);
    const [first] = accounts as [Account];
    await eventually('no contact', async () => (await site().contactsOf(first)) === 0);
    check('REGISTER after an import that disables', await phone(0).register(first), 403);
  });

  it('a restored extension registers with its new password only', async () => {
    const before = await site().extension('6101');
    check('REGISTER', await phone(0).register(before), 200);
    await site().api('DELETE', '/extensions/6101');
    check('REGISTER when deleted', await phone(0).register(before), 403);
    const restored = await site().api('POST', '/extensions/6101/restore');
    check('restore', restored.status, 200);
    const { sip_password: password } = restored.body.data as { sip_password: string };
    check('REGISTER with the old password', await phone(0).register(before), 403);
    check('with the new one', await phone(0).register({ ...before, password }), 200);
  });

  it('a caller ID that is deactivated is presented no more, though the node keeps users', async () => {
    const trunk = await Phone.create(site().freeswitch.sipPort, trunkPort);
    await site().api('POST', '/caller-ids', { number: '0901112223' });
    const caller = await site().extension('6201', { outbound_caller_id: '0901112223' });
    const presented = async (): Promise<string> => {
      const called = await trunk.listen();
      check('a call to the outside', await phone(0).call(caller, OUTSIDE), 200);
      const { from } = await called.call();
      await called.hangUp();
      return from;
    };
    check('presented', /0901112223/.test(await presented()), true);
    check(
      'deactivate',
      (await site().api('PUT', '/caller-ids/0901112223', { status: 'inactive' })).status,
      200,
    );
    check('presented then', /0901112223/.test(await presented()), false);
    check('in use: delete', (await site().api('DELETE', '/caller-ids/0901112223')).status, 409);
    await trunk.destroy();
  });

  it("an agent rotates and puts out his own phone, and nobody else's", async () => {
    const [own, other] = [await site().extension('6301'), await site().extension('6302')];
    const user = { username: 'agent.live', role: 'agent', password: PASSWORD, extension_number: '6301' };
    check('make the agent', (await send(site().token, 'POST', '/auth/users', user)).status, 201);
    const token = await login('agent.live');
    await phone(0).register(own);
    await phone(1).register(other);
    check('put his own out', (await send(token, 'DELETE', '/pbx/extensions/6301/registration')).status, 200);
    check('contacts then', await site().contactsOf(own), 0);
    check('another', (await send(token, 'DELETE', '/pbx/extensions/6302/registration')).status, 404);
    check('contacts then', await site().contactsOf(other), 1);
    const rotated = await send(token, 'POST', '/pbx/extensions/6301/change-password', {});
    check('REGISTER with the old password', await phone(0).register(own), 403);
    const { sip_password: password } = rotated.body.data as { sip_password: string };
    check('with the new one', await phone(0).register({ ...own, password }), 200);
  });

  it('a tenant that an operator disables is out, and back when it is enabled', async () => {
    const account = await site().extension('6401');
    check('REGISTER', await phone(0).register(account), 200);
    const made = await site().app.cli('operator', 'create', '--username', 'operator.live');
    const body = { username: 'operator.live', password: made.password };
    const operator = String((await send('', 'POST', '/auth/login', body)).body.token);
    const found = await send(operator, 'GET', `/platform/tenants?search=${DOMAIN}`);
    const [{ id }] = found.body.data as [{ id: number }];
    const status = async (wanted: string): Promise<number> =>
      (await send(operator, 'PUT', `/platform/tenants/${id}`, { status: wanted })).status;
    check('disable', await status('disabled'), 200);
    await eventually('no contact', async () => (await site().contactsOf(account)) === 0);
    check('REGISTER while disabled', await phone(0).register(account), 403);
    check('the API while disabled', (await site().api('GET', '/extensions')).status, 403);
    check('enable', await status('active'), 200);
    check('REGISTER when enabled', await phone(0).register(account), 200);
  });

  it('and the audit knows all of it, unbroken', async () => {
    const { body } = await site().api('GET', '/audit?resource=6101&action=restored');
    check('restored by', (body.data as [{ actor: { name: string } }])[0].actor.name, 'live');
    const verified = await site().app.cli('audit', 'verify');
    check('audit verify', verified.ok, true);
  });
});
