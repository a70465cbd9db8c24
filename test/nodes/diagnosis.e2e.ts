import { Extension } from '../../src/schema/extension.entity';
import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { type Answer, Dialplane, type TestTenant, XML_CURL_PASSWORD } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';

interface Count {
  count: number;
  last_at: string | null;
}

interface Diagnosis {
  extension_number: string;
  status: string;
  verdict: { code: string; summary: string; next_step: string };
  evidence: {
    extension: { exists: boolean; status: string | null; deleted_at: string | null };
    since: string;
    nodes: { expected: number; states: { name: string; state: string }[] };
    lookups: { at: string; answer: string; action: string | null; from: string }[];
    attempts: Record<string, unknown>[];
    left_how: string | null;
    unknown: Record<'numbers' | 'attempts' | 'unanswered' | 'domains', Count>;
  };
}

interface Made {
  data: { sip_password: string };
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/;
const SECOND_MS = 1_000;
const REFUSED = { answer: 'not_found', action: 'sip_auth' };

describeOnEach('GET /api/pbx/extensions/{ext}/diagnosis', (lane) => {
  let fs1: FakeFreeSwitch;
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let phone: { user: string; domain: string; password: string };

  beforeEach(async () => {
    fs1 = await FakeFreeSwitch.start({
      name: 'fs1',
      directoryAuth: { username: 'freeswitch', password: XML_CURL_PASSWORD },
    });
    dialplane = await Dialplane.start(lane, { FREESWITCH_NODES: fs1.address });
    fs1.directoryUrl = `${dialplane.url}/freeswitch/directory`;
    await nodeReady(dialplane, 'fs1');
    tenant = await dialplane.tenant();
    phone = { user: '1001', domain: tenant.tenant.domain, password: await make(tenant, '1001') };
    await becomes('never_tried');
  });

  afterEach(async () => {
    await dialplane.stop();
    await fs1.stop();
  });

  async function make({ token }: TestTenant, extension_number: string): Promise<string> {
    const made = await dialplane.api<Made>(token, 'POST', '/extensions', { extension_number });
    return made.body.data.sip_password;
  }

  const ask = (number = '1001', token = tenant.token): Promise<Answer<{ data: Diagnosis }>> =>
    dialplane.api<{ data: Diagnosis }>(token, 'GET', `/extensions/${number}/diagnosis`);

  async function diagnosis(number?: string): Promise<Diagnosis> {
    const answer = await ask(number);
    expect(answer.status).toBe(200);
    return answer.body.data;
  }

  /** The diagnosis, once it has that verdict. */
  async function becomes(code: string, number?: string): Promise<Diagnosis> {
    await eventually(async () => (await diagnosis(number)).verdict.code === code);
    return diagnosis(number);
  }

  const wrong = () => fs1.register({ ...phone, password: 'wrong', userAgent: 'Desk\u0007Phone 3' });

  /** As FreeSWITCH tells of an attempt; what a test says of it is different. */
  const attempt = (headers: Record<string, string>): void => fire('sofia::register_attempt', headers);
  const fire = (subclass: string, headers: Record<string, string>): void =>
    fs1.fire(subclass, {
      'profile-name': 'internal',
      'from-user': '1001',
      'from-host': phone.domain,
      contact: '"" <sip:1001@192.0.2.7:5062;transport=UDP>',
      status: 'Registered(UDP)',
      expires: '600',
      'network-ip': '192.0.2.7',
      'network-port': '5062',
      username: '1001',
      realm: phone.domain,
      'user-agent': 'Fired/1.0',
      'auth-result': 'FORBIDDEN',
      ...headers,
    });

  it('says that no phone has tried', async () => {
    const { status, verdict, evidence } = await diagnosis();
    expect(status).toBe('unregistered');
    expect(verdict.summary).toBe(
      `No phone has tried to register as 1001 since Dialplane started to watch, at ${evidence.since}.`,
    );
    expect(verdict.next_step).toContain('does not reach FreeSWITCH');
    expect(evidence).toMatchObject({
      extension: { exists: true, status: 'active', deleted_at: null },
      nodes: { expected: 1, states: [{ name: 'fs1', state: 'answering' }] },
      lookups: [],
      attempts: [],
      left_how: null,
      unknown: { numbers: { count: 0, last_at: null }, domains: { count: 0, last_at: null } },
    });
  });

  it('says that the password is wrong, with who gave it', async () => {
    expect((await wrong()).status).toBe(403);
    const { verdict, evidence } = await becomes('wrong_password');
    const [last] = evidence.attempts;
    expect(last).toEqual({
      at: expect.stringMatching(TIME) as string,
      node: 'fs1',
      profile: 'internal',
      result: 'refused',
      request: 'REGISTER',
      asked_for: null,
      authentication_read: true,
      network_ip: '127.0.0.1',
      network_port: expect.any(Number) as number,
      user_agent: 'Desk\uFFFDPhone 3',
      transport: 'unknown',
      contact_host: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
      expires: 600,
    });
    expect(verdict.summary).toContain(`The phone at 127.0.0.1:${String(last?.['network_port'])}`);
    expect(verdict.next_step).toContain('POST /api/pbx/extensions/1001/change-password');
    expect(evidence.lookups).toEqual([
      { at: expect.stringMatching(TIME) as string, answer: 'found', action: 'sip_auth', from: '127.0.0.1' },
    ]);
    // From FreeSWITCH's cache: no lookup comes, and that is as it should be.
    await wrong();
    await eventually(async () => (await diagnosis()).evidence.attempts.length === 2);
    expect(await diagnosis()).toMatchObject({
      verdict: { code: 'wrong_password' },
      evidence: { lookups: [{}], unknown: { attempts: { count: 0 } } },
    });
  });

  it('says that nothing is wrong, and which phone was refused nonetheless', async () => {
    await fs1.register(phone);
    const { status, verdict } = await becomes('registered');
    expect([status, verdict.next_step]).toEqual(['registered', 'Nothing is wrong.']);
    expect(verdict.summary).toMatch(/^Extension 1001 is registered since .* on fs1 from 127\.0\.0\.1:\d+/);
    await wrong();
    await eventually(async () => (await diagnosis()).verdict.summary.includes('was refused at'));
    expect((await diagnosis()).verdict.code).toBe('registered');
  });

  it.each([
    ['unregistered', () => fs1.unregister(phone)],
    ['expired', () => fs1.expire(phone)],
    [
      'dropped',
      () => fs1.api(`sofia profile internal flush_inbound_reg 1001.${phone.domain}@${phone.domain}`),
    ],
  ] as const)('says that a phone was there and is %s', async (how, act) => {
    await fs1.register(phone);
    await becomes('registered');
    await act();
    const { evidence, status } = await becomes('was_registered_and_left');
    expect([status, evidence.left_how]).toEqual(['unregistered', how]);
  });

  it('says that the extension is disabled, and when it is no more that nobody has tried again', async () => {
    await dialplane.api(tenant.token, 'PUT', '/extensions/1001', { status: 'disabled' });
    await fs1.register(phone);
    await eventually(async () => (await diagnosis()).evidence.attempts.length === 1);
    expect(await diagnosis()).toMatchObject({
      verdict: { code: 'disabled', summary: 'Extension 1001 is disabled.' },
      evidence: { extension: { exists: true, status: 'disabled' } },
    });
    expect((await diagnosis()).evidence.lookups[0]).toMatchObject(REFUSED);
    await dialplane.api(tenant.token, 'PUT', '/extensions/1001', { status: 'active' });
    expect((await diagnosis()).verdict.code).toBe('not_tried_again');
    await fs1.register(phone);
    await becomes('registered');
  });

  it('says when the extension was deleted, and that another never was', async () => {
    await dialplane.api(tenant.token, 'DELETE', '/extensions/1001');
    await fs1.register(phone);
    await eventually(async () => (await diagnosis()).evidence.attempts.length === 1);
    const { verdict, evidence } = await diagnosis();
    const at = evidence.extension.deleted_at ?? '';
    expect(at).toMatch(TIME);
    expect(verdict).toMatchObject({ code: 'deleted', summary: `Extension 1001 was deleted at ${at}.` });
    expect(evidence.extension.exists).toBe(false);
    expect(evidence.lookups[0]).toMatchObject(REFUSED);
    expect(await diagnosis('1999')).toMatchObject({
      status: 'unregistered',
      verdict: { code: 'no_such_extension' },
      evidence: { extension: { exists: false, status: null, deleted_at: null } },
    });
    // Who has the number next is told nothing of the phones before.
    await make(tenant, '1001');
    const next = await diagnosis();
    expect(next.verdict.code).toBe('never_tried');
    expect([next.evidence.attempts, next.evidence.lookups]).toEqual([[], []]);
  });

  it('knows no malformed number', async () => {
    for (const number of ['12', 'abcd', '12345678901', '1001%20']) {
      expect((await ask(number)).status).toBe(404);
    }
  });

  it('says that no node answers', async () => {
    await fs1.refuse();
    await nodeReady(dialplane, 'fs1', false);
    const { status, verdict } = await becomes('nodes_away');
    expect([status, verdict.summary]).toEqual(['unknown', expect.stringContaining('fs1 (away since')]);
  });

  it('says that the database did not answer', async () => {
    await dialplane.dataSource.query('ALTER TABLE extensions RENAME COLUMN a1 TO gone');
    await fs1.register(phone);
    await dialplane.dataSource.query('ALTER TABLE extensions RENAME COLUMN gone TO a1');
    const { verdict, evidence } = await becomes('directory_unreachable');
    expect(verdict.summary).toContain('could not answer fs1');
    expect(evidence.lookups).toMatchObject([{ answer: 'error' }]);
  });

  it('says that FreeSWITCH asks somebody else', async () => {
    fs1.directoryUrl = null;
    await fs1.register(phone);
    const { verdict } = await becomes('directory_unreachable');
    expect(verdict.summary).toContain('by fs1, which did not ask this Dialplane for 1001');
    expect(verdict.next_step).toContain('dialplane doctor');
  });

  it('says that TLS is asked for', async () => {
    const extensions = dialplane.dataSource.getRepository(Extension);
    await extensions.update({ liveNumber: '1001' }, { tlsEnabled: true });
    await wrong();
    await becomes('tls_required');
  });

  it('says that the phone gives another name, asks to be another, or owes its answer', async () => {
    await fs1.lookup({ section: 'directory', key: 'id', user: '1001', domain: phone.domain });
    attempt({ username: 'unknown' });
    expect((await becomes('wrong_auth_name')).verdict.next_step).toContain('to 1001.');
    fire('sofia::register', { 'from-user': `1001.${phone.domain}`, 'from-host': '192.0.2.1' });
    const { verdict, evidence } = await becomes('wrong_domain');
    expect(verdict.summary).toContain('asked to be 1001@192.0.2.1');
    expect(evidence.attempts[0]).toMatchObject({ result: 'accepted', asked_for: '1001@192.0.2.1' });
    attempt({ 'auth-result': 'SUCCESS', expires: '300' });
    await becomes('not_registering');
    attempt({ 'auth-result': 'STALE', username: 'unknown' });
    await becomes('challenged');
    fs1.fire('sofia::register_failure', {
      'to-user': '1001',
      'to-host': phone.domain,
      'network-ip': '192.0.2.8',
      'network-port': '5060',
      'registration-type': 'INVITE',
    });
    expect((await becomes('wrong_auth_name')).evidence.attempts[0]).toMatchObject({ request: 'INVITE' });
  });

  it('keeps ten of each, and no long text whole', async () => {
    for (let i = 1; i <= 12; i++) {
      attempt({ 'user-agent': `${i}`.padEnd(5_000, 'x') });
      await dialplane.lookupUser('1001', phone.domain);
    }
    await eventually(async () =>
      String((await diagnosis()).evidence.attempts[0]?.['user_agent']).startsWith('12'),
    );
    const { lookups, attempts } = (await diagnosis()).evidence;
    expect([lookups.length, attempts.length]).toEqual([10, 10]);
    expect(String(attempts[0]?.['user_agent'])).toHaveLength(200);
  });

  it('says that a phone was asked for of which no more was heard', async () => {
    await dialplane.lookup({
      section: 'directory',
      key: 'id',
      user: '1001',
      domain: phone.domain,
      action: 'sip_auth',
    });
    expect((await diagnosis()).verdict).toMatchObject({
      code: 'attempt_not_heard',
      next_step:
        'Check that `dialplane node list` shows that FreeSWITCH; else add it: `dialplane node add NAME URL`.',
    });
  });

  it(
    'counts what does not exist, and keeps none of it',
    async () => {
      const guesses = Array.from({ length: 3_000 }, (_, i) => String(5_000 + i));
      while (guesses.length > 0) {
        const some = guesses.splice(0, 50);
        await Promise.all(some.map((number) => dialplane.lookupUser(number, phone.domain)));
      }
      await dialplane.lookupUser('admin', phone.domain);
      await dialplane.lookupUser('1001', '192.0.2.1');
      attempt({ username: '5000', 'from-user': '5000' });
      await eventually(async () => (await diagnosis('5000')).evidence.unknown.attempts.count === 1);
      const { evidence } = await diagnosis('5000');
      expect(evidence).toMatchObject({
        lookups: [],
        attempts: [],
        unknown: { numbers: { count: 3_001 }, domains: { count: 1 } },
      });
      expect(evidence.unknown.numbers.last_at).toMatch(TIME);
      const { code, summary, next_step } = (await diagnosis()).verdict;
      expect([code, summary]).toEqual([
        'wrong_domain',
        expect.stringMatching(/domains that do not exist \(once, .* that do not exist \(3001 times,/),
      ]);
      expect(next_step).toContain(`exactly ${phone.domain}`);
    },
    60 * SECOND_MS,
  );

  it("tells nothing of another account's number", async () => {
    await wrong();
    await becomes('wrong_password');
    await dialplane.lookupUser('1777', phone.domain);
    const other = await dialplane.tenant();
    const before = (await ask('1001', other.token)).body.data;
    expect(before.verdict.code).toBe('no_such_extension');
    await make(other, '1001');
    const { text, body } = await ask('1001', other.token);
    expect(body.data).toMatchObject({
      verdict: { code: 'never_tried' },
      evidence: { lookups: [], attempts: [], unknown: { numbers: { count: 0 }, attempts: { count: 0 } } },
    });
    expect(text).not.toContain(phone.domain);
  });

  it('is for who may read', async () => {
    const statuses = async (path: string): Promise<number[]> => {
      const roles = ['read_only', 'supervisor', 'agent'] as const;
      const tokens = await Promise.all(roles.map((role) => dialplane.token(tenant.tenant, role)));
      const answers = tokens.map((token) => dialplane.api(token, 'GET', `/extensions/1001/${path}`));
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    // A supervisor's token that is nobody's has no team.
    expect(await statuses('diagnosis')).toEqual([200, 404, 403]);
    expect(await statuses('directory')).toEqual([200, 404, 403]);
  });
});
