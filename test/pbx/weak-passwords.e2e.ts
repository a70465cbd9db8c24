import { CommandLine } from '../harness/command-line';
import { APP_KEY, type Answer, Dialplane, type TestTenant } from '../harness/dialplane';
import { importFile } from '../harness/imports';
import { describeOnEach } from '../harness/lanes';
import { ask, login, operator, PASSWORD, person } from '../harness/people';

interface Failure {
  message: string;
  errors: Record<string, string[]>;
}

const sentences = (name: string, own: string) => ({
  blank: `The ${name} must not be blank.`,
  own: `The ${name} must not be the ${own}.`,
  common: `The ${name} must not be one of the 10,000 most common passwords.`,
});
const WEAK: [keyof ReturnType<typeof sentences>, string][] = [
  ['blank', ' '.repeat(8)],
  ['own', '90010001'],
  ['common', 'password'],
  ['common', '12345678'],
];

describeOnEach('weak passwords', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let platform: string;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
    platform = await operator(dialplane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });

  const api = <T = Failure>(method: string, path: string, body: object): Promise<Answer<T>> =>
    dialplane.api<T>(tenant.token, method, `/extensions${path}`, body);
  const auth = (method: string, path: string, body: object, token = tenant.token) =>
    ask<Failure>(dialplane, token, method, `/auth${path}`, body);
  const allow = async (): Promise<void> => {
    const path = `/platform/tenants/${tenant.tenant.id}`;
    const changed = await ask(dialplane, platform, 'PUT', path, { refuse_weak_passwords: false });
    expect(changed.body).toMatchObject({ data: { refuse_weak_passwords: false } });
  };

  describe('of extensions', () => {
    const SIP = sentences('sip password', 'extension number');
    const NEW = sentences('new password', 'extension number');

    it.each(WEAK)('%s: %j is refused, unless the tenant allows it', async (kind, password) => {
      const given = { extension_number: '90010001', sip_password: password };
      const refused = await api('POST', '', given);
      expect([refused.status, refused.body]).toEqual([
        422,
        { message: 'The given data was invalid.', errors: { sip_password: [SIP[kind]] } },
      ]);
      await api('POST', '', { extension_number: '90010001' });
      const change = { new_password: password };
      const rotated = await api('POST', '/90010001/change-password', change);
      expect([rotated.status, rotated.body.errors]).toEqual([422, { new_password: [NEW[kind]] }]);
      await allow();
      expect((await api('POST', '/90010001/change-password', change)).status).toBe(200);
      expect((await api('POST', '', { ...given, extension_number: '90010002' })).status).toBe(201);
    });

    it('are told of together with what else is wrong', async () => {
      const given = { extension_number: '9001', sip_password: 'password', team_id: 999 };
      expect((await api('POST', '', given)).body.errors).toEqual({
        team_id: ['The selected team id is invalid.'],
        sip_password: [SIP.common],
      });
    });

    it('are refused in an import, row by row of a range, unless the tenant allows it', async () => {
      await api('POST', '', { extension_number: '9001' });
      const file =
        'extension_number,sip_password\n90010001-90010002,90010001\n9001,password\n9002,\n9003,        \n';
      const refused = await importFile(dialplane, tenant.token, file, '?action=upsert');
      expect(
        refused.errors.map(({ line, extension_number, errors }) => [line, extension_number, errors]),
      ).toEqual([
        [2, '90010001', { sip_password: [SIP.own] }],
        [3, '9001', { sip_password: [SIP.common] }],
        [5, '9003', { sip_password: [SIP.blank] }],
      ]);
      expect(refused).toMatchObject({ status: 'failed', created: 0, updated: 0 });
      await allow();
      const done = await importFile(dialplane, tenant.token, file, '?action=upsert');
      expect(done).toMatchObject({ status: 'done', created: 4, updated: 1 });
    });
  });

  describe('of people', () => {
    const USER = sentences('password', 'username');

    it('are refused when an administrator sets them, unless the tenant allows it', async () => {
      const username = `lan.tran.${tenant.tenant.id}`;
      const user = await person(dialplane, tenant, 'agent');
      const wrong: [string, string][] = [
        [' '.repeat(8), USER.blank],
        [username.toUpperCase(), USER.own],
        ['12345678', USER.common],
      ];
      for (const [password, sentence] of wrong) {
        const made = await auth('POST', '/users', { username, role: 'agent', password });
        expect([made.status, made.body.errors]).toEqual([422, { password: [sentence] }]);
      }
      for (const [password, sentence] of [
        ['password', USER.common],
        [user.username, USER.own],
      ]) {
        const changed = await auth('PUT', `/users/${user.id}`, { password });
        expect([changed.status, changed.body.errors]).toEqual([422, { password: [sentence] }]);
      }
      expect((await login(dialplane, user.username)).status).toBe(200);
      await allow();
      const made = await auth('POST', '/users', { username, role: 'agent', password: '12345678' });
      expect(made.status).toBe(201);
      expect((await auth('PUT', `/users/${user.id}`, { password: 'password' })).status).toBe(200);
    });

    it('are refused as their own new one, and always to operators', async () => {
      const change = { current_password: PASSWORD, new_password: 'password' };
      const refused = [422, { new_password: [sentences('new password', 'username').common] }];
      const user = await person(dialplane, tenant, 'agent');
      await allow();
      const allowed = await auth('POST', '/change-password', change, user.token);
      expect(allowed.status).toBe(200);
      const strict = await person(dialplane, await dialplane.tenant(), 'agent');
      for (const token of [strict.token, platform]) {
        const answer = await auth('POST', '/change-password', change, token);
        expect([answer.status, answer.body.errors]).toEqual(refused);
      }
    });

    it('are refused by the command line', async () => {
      const commandLine = new CommandLine({ APP_KEY, DATABASE_URL: dialplane.database.url });
      const args = ['operator', 'create', '--username', 'new.op'];
      const refused = await commandLine.run(args, {}, 'password\n');
      expect([refused.code, refused.stderr]).toEqual([1, `${USER.common}\n`]);
      await commandLine.stop();
    });
  });
});
