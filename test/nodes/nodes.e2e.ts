import { FakeFreeSwitch, type Phone } from '../fake-freeswitch/fake-freeswitch';
import { CommandLine } from '../harness/command-line';
import { type Answer, APP_KEY, Dialplane, type TestTenant, XML_CURL_PASSWORD } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';
import { ask, operator } from '../harness/people';
import { type Receipt } from '../harness/site';

interface Node {
  name: string;
  host: string;
  port: number;
  status: string;
  esl_status: string;
  last_error: string | null;
  swept_at: string | null;
}

interface Made {
  data: { sip_password: string };
}

describeOnEach('FreeSWITCH nodes', (lane) => {
  let fs1: FakeFreeSwitch;
  let fs2: FakeFreeSwitch;
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let token: string;

  beforeEach(async () => {
    const directoryAuth = { username: 'freeswitch', password: XML_CURL_PASSWORD };
    fs1 = await FakeFreeSwitch.start({ name: 'fs1', directoryAuth });
    fs2 = await FakeFreeSwitch.start({ name: 'fs2', directoryAuth, password: 'second-secret' });
    dialplane = await Dialplane.start(lane, { FREESWITCH_NODES: fs1.address });
    for (const fake of [fs1, fs2]) fake.directoryUrl = `${dialplane.url}/freeswitch/directory`;
    await nodeReady(dialplane, 'fs1');
    tenant = await dialplane.tenant({ domain: 'pbx.test' });
    token = await operator(dialplane);
  });
  afterEach(async () => {
    await dialplane.stop();
    await Promise.all([fs1.stop(), fs2.stop()]);
  });

  const nodes = <T = { data: Node }>(method: string, path = '', body?: unknown): Promise<Answer<T>> =>
    ask<T>(dialplane, token, method, `/platform/nodes${path}`, body);
  const add = (): Promise<Answer<{ data: Node }>> => nodes('POST', '', { name: 'fs2', url: fs2.address });
  const extensions = <T>(method: string, path: string, body?: unknown): Promise<Answer<T>> =>
    dialplane.api<T>(tenant.token, method, `/extensions${path}`, body);
  async function create(number: string): Promise<Phone> {
    const made = await extensions<Made>('POST', '', { extension_number: number });
    return { user: number, domain: 'pbx.test', password: made.body.data.sip_password };
  }
  async function newestReceipt(number: string): Promise<Receipt | undefined> {
    return (await extensions<{ data: Receipt[] }>('GET', `/${number}/revocations`)).body.data[0];
  }
  const statusOf = async (number: string): Promise<string> =>
    (await extensions<{ data: { sip_registration: string } }>('GET', `/${number}`)).body.data
      .sip_registration;
  const names = async (by: Dialplane): Promise<string[]> =>
    (await ask<{ data: Node[] }>(by, token, 'GET', '/platform/nodes')).body.data.map(({ name }) => name);

  it('are those of FREESWITCH_NODES at the first start, and rows from then on', async () => {
    expect(await names(dialplane)).toEqual(['fs1']);
    await dialplane.stop({ keepDatabase: true });
    dialplane = await Dialplane.start(lane, { FREESWITCH_NODES: fs2.address }, dialplane.database);
    expect(await names(dialplane)).toEqual(['fs1']);
    const warning = dialplane.logLines.find((line) => line.includes('FREESWITCH_NODES differs'));
    expect(warning).toContain('dialplane node list');
    expect(warning).not.toContain('second-secret');
  });

  it('are added, drained and removed, and nobody is shown a password', async () => {
    const added = await add();
    expect([added.status, added.body.data]).toMatchObject([
      201,
      { name: 'fs2', host: '127.0.0.1', port: fs2.port, status: 'active' },
    ]);
    await nodeReady(dialplane, 'fs2');
    const list = await nodes<{ data: Node[]; total: number }>('GET', '?per_page=1&page=2');
    expect([list.body.total, list.body.data]).toMatchObject([2, [{ name: 'fs2', esl_status: 'ready' }]]);

    const drained = await nodes('PUT', '/fs2', { status: 'draining' });
    expect([drained.status, drained.body.data.status]).toEqual([200, 'draining']);
    const phone = await create('1001');
    expect((await fs2.register(phone)).status).toBe(200);
    await eventually(async () => (await statusOf('1001')) === 'registered');
    await extensions('DELETE', '/1001');
    expect(fs2.registrations(phone)).toEqual([]);

    expect((await nodes<unknown>('DELETE', '/fs2')).body).toEqual({ data: { deleted: true } });
    await fs2.waitForNoConnection();
    expect([await names(dialplane), (await nodes('GET', '/fs2')).status]).toEqual([['fs1'], 404]);
    for (const method of ['PUT', 'DELETE']) {
      expect((await nodes(method, '/fs2', { status: 'active' })).status).toBe(404);
    }
    const metrics = await dialplane.request('GET', '/metrics');
    expect(metrics.text).not.toContain('dialplane_esl_ready{node="fs2"}');
    const audit = await ask<{ data: { action: string; resource: string }[] }>(
      dialplane,
      token,
      'GET',
      '/platform/audit?resource_type=node',
    );
    expect(audit.body.data.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
      'deleted fs2',
      'updated fs2',
      'created fs2',
      'created fs1',
    ]);
    for (const text of [added.text, list.text, audit.text, ...dialplane.logLines])
      expect(text).not.toContain('second-secret');
  });

  it('are refused with one sentence and no password when they cannot be', async () => {
    const refused = async (body: object): Promise<unknown> => {
      const answer = await nodes<{ errors: Record<string, string[]> }>('POST', '', body);
      expect(answer.text).not.toContain('s3cret');
      return [answer.status, answer.body.errors];
    };
    const url = 'esl://:s3cret@127.0.0.1:8021';
    expect(await refused({})).toEqual([
      422,
      { name: ['The name field is required.'], url: ['The url field is required.'] },
    ]);
    expect(await refused({ name: 'fs1', url })).toEqual([
      422,
      { name: ['The name has already been taken.'] },
    ]);
    expect(await refused({ name: 'a b', url })).toEqual([422, { name: ['The name format is invalid.'] }]);
    expect(await refused({ name: 'fs3', url: `${url}?name=fs4` })).toEqual([
      422,
      { url: ['The url names another node.'] },
    ]);
    expect(await refused({ name: 'fs3', url: 'http://:s3cret@127.0.0.1' })).toEqual([
      422,
      { url: ['The url must be esl://:password@host:port: it does not begin with esl://.'] },
    ]);
    expect((await nodes('PUT', '/fs1', { status: 'gone' })).status).toBe(422);
    expect(await names(dialplane)).toEqual(['fs1']);
  });

  it('are known to every instance within seconds, whoever adds or removes them', async () => {
    const other = await Dialplane.start(lane, {}, dialplane.database);
    await add();
    for (const each of [dialplane, other]) {
      await eventually(async () => (await health(each)).fs2 === 'ready');
    }
    const phone = await create('1001');
    await fs2.register(phone);
    const path = '/extensions/1001';
    const seenByOther = async (): Promise<string> =>
      (await other.api<{ data: { sip_registration: string } }>(tenant.token, 'GET', path)).body.data
        .sip_registration;
    await eventually(async () => (await seenByOther()) === 'registered');
    await nodes('DELETE', '/fs2');
    for (const each of [dialplane, other]) await eventually(async () => !('fs2' in (await health(each))));
    await eventually(async () => (await seenByOther()) === 'unregistered');
    await other.stop({ keepDatabase: true });
  });

  it('are told of a change that an instance makes before it knows them', async () => {
    const phone = await create('1001');
    await fs2.register(phone);
    const commandLine = new CommandLine({
      APP_KEY,
      XML_CURL_PASSWORD,
      DATABASE_URL: dialplane.database.url,
    });
    const added = await commandLine.run(['node', 'add', 'fs2', fs2.address, '--json']);
    expect(added).toMatchObject({ code: 0, stderr: '' });
    // The transaction that deletes reads the table, whatever this process follows.
    await extensions('DELETE', '/1001');
    await eventually(() => fs2.registrations(phone).length === 0);
    await eventually(async () => (await newestReceipt('1001'))?.status === 'done');
    expect((await newestReceipt('1001'))?.nodes.map(({ node }) => node)).toEqual(['fs1', 'fs2']);

    const listed = await commandLine.run(['node', 'list', '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      nodes: [{ name: 'fs1' }, { name: 'fs2', host: '127.0.0.1', port: fs2.port, status: 'active' }],
    });
    expect((await commandLine.run(['node', 'drain', 'fs2'])).stdout).toBe('Node fs2 is draining\n');
    expect((await commandLine.run(['node', 'undrain', 'fs2'])).stdout).toBe('Node fs2 is active\n');
    const undrained = await commandLine.run(['node', 'list']);
    expect(undrained.stdout).toContain(`fs2, 127.0.0.1:${fs2.port}, active, `);
    expect((await commandLine.run(['node', 'remove', 'fs2'])).stdout).toBe('Node fs2 is removed\n');
    // It asked for a user, and is none of the nodes now: that may be in the list already, or not yet.
    const left = (await commandLine.run(['node', 'list'])).stdout.split('\n');
    expect(left.filter((line) => !line.startsWith('unknown: '))).toEqual([
      expect.stringMatching(/^fs1, 127\.0\.0\.1:\d+, active, /),
      '',
    ]);
    const refusals = await Promise.all([
      commandLine.run(['node', 'drain', 'fs2']),
      commandLine.run(['node', 'add', 'fs3', 'esl://:s3cret@host']),
    ]);
    expect(refusals.map(({ code, stderr }) => [code, stderr])).toEqual([
      [1, 'There is no node "fs2".\n'],
      [1, 'The url must be esl://:password@host:port: it has no port.\n'],
    ]);
    await commandLine.stop();
  });
});

async function health(dialplane: Dialplane): Promise<Record<string, string>> {
  const { body } = await dialplane.request<{ nodes: { name: string; status: string }[] }>(
    'GET',
    '/health/ready',
  );
  return Object.fromEntries(body.nodes.map(({ name, status }) => [name, status]));
}
