import { FakeFreeSwitch, type Phone } from '../fake-freeswitch/fake-freeswitch';
import { CommandLine } from '../harness/command-line';
import { APP_KEY, Dialplane, type TestTenant, XML_CURL_PASSWORD } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';
import { ask, operator } from '../harness/people';
import { type Receipt } from '../harness/site';

interface Made {
  data: { sip_password: string };
}

/** All fakes have one host name and one address: only the run of the program tells them apart. */
describeOnEach('a FreeSWITCH that is none of the nodes', (lane) => {
  let fs1: FakeFreeSwitch;
  let fs2: FakeFreeSwitch;
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let token: string;
  let phone: Phone;

  beforeEach(async () => {
    const directoryAuth = { username: 'freeswitch', password: XML_CURL_PASSWORD };
    fs1 = await FakeFreeSwitch.start({ name: 'fs1', directoryAuth });
    fs2 = await FakeFreeSwitch.start({ name: 'fs2', directoryAuth });
    dialplane = await Dialplane.start(lane, { FREESWITCH_NODES: fs1.address });
    for (const fake of [fs1, fs2]) fake.directoryUrl = `${dialplane.url}/freeswitch/directory`;
    await nodeReady(dialplane, 'fs1');
    tenant = await dialplane.tenant({ domain: 'pbx.test' });
    token = await operator(dialplane);
    phone = await create('1001');
  });
  afterEach(async () => {
    await dialplane.stop();
    await Promise.all([fs1.stop(), fs2.stop()]);
  });

  const extensions = <T>(method: string, path: string, body?: unknown, at = dialplane, as = tenant.token) =>
    at.api<T>(as, method, `/extensions${path}`, body);
  async function create(number: string, at = dialplane, as = tenant): Promise<Phone> {
    const given = { extension_number: number };
    const made = await extensions<Made>('POST', '', given, at, as.token);
    return { user: number, domain: as.tenant.domain, password: made.body.data.sip_password };
  }
  async function newestReceipt(number: string): Promise<Receipt> {
    return (await extensions<{ data: Receipt[] }>('GET', `/${number}/revocations`)).body.data[0]!;
  }
  const statuses = ({ nodes }: Receipt): [string, string][] =>
    nodes.map(({ node, status }) => [node, status]);
  const add = () =>
    ask<unknown>(dialplane, token, 'POST', '/platform/nodes', { name: 'fs2', url: fs2.address });
  const unknown = async (): Promise<{ hostname: string; address: string }[]> =>
    (
      await ask<{ data: { hostname: string; address: string }[] }>(
        dialplane,
        token,
        'GET',
        '/platform/unknown-nodes',
      )
    ).body.data;
  const gauge = async (): Promise<string | undefined> =>
    /^dialplane_unknown_nodes (\d+)$/m.exec((await dialplane.request('GET', '/metrics')).text)?.[1];
  const warnings = (): string[] => dialplane.logLines.filter((line) => line.includes('unknown_node.asked'));

  it('is told of in receipts, log, metrics, doctor and API, until it is added', async () => {
    expect((await fs2.register(phone)).status).toBe(200);
    expect((await extensions('DELETE', '/1001')).status).toBe(200);
    const receipt = await newestReceipt('1001');
    expect(receipt.status).not.toBe('done');
    expect(statuses(receipt)).toEqual([
      [expect.stringMatching(/^fs-lab-1 at 127\.0\.0\.1 \([0-9a-f]{8}\)$/), 'unknown'],
      ['fs1', expect.stringMatching(/pending|verified/)],
    ]);
    await eventually(async () => (await newestReceipt('1001')).status === 'incomplete');

    await eventually(async () => (await gauge()) === '1');
    expect(await unknown()).toMatchObject([{ hostname: 'fs-lab-1', address: '127.0.0.1' }]);
    expect(warnings()).toHaveLength(1);
    expect(JSON.parse(warnings()[0]!)).toMatchObject({ hostname: 'fs-lab-1', address: '127.0.0.1' });
    const commandLine = new CommandLine({ APP_KEY, XML_CURL_PASSWORD, DATABASE_URL: dialplane.database.url });
    const [doctor, list] = await Promise.all([
      commandLine.run(['doctor']),
      commandLine.run(['node', 'list', '--json']),
    ]);
    expect(doctor.stdout).toMatch(/^warn {2}unknown node fs-lab-1 at 127\.0\.0\.1: .*dialplane node add/m);
    expect(JSON.parse(list.stdout)).toMatchObject({
      unknown: [{ hostname: 'fs-lab-1', address: '127.0.0.1' }],
    });
    await commandLine.stop();

    await add();
    await eventually(() => fs2.registrations(phone).length === 0);
    await eventually(async () => (await newestReceipt('1001')).status === 'done');
    const { nodes } = await newestReceipt('1001');
    expect(nodes).toMatchObject([
      { node: 'fs1', status: 'verified' },
      { node: 'fs2', status: 'verified', dropped_contacts: 1, last_error: null },
    ]);
    await eventually(async () => (await gauge()) === '0');
    expect([await unknown(), warnings().length]).toEqual([[], 1]);
  });

  it('keeps a receipt from being done where there is no node at all', async () => {
    await ask(dialplane, token, 'DELETE', '/platform/nodes/fs1');
    await create('1002');
    await extensions('DELETE', '/1002');
    expect(await newestReceipt('1002')).toMatchObject({ status: 'done', nodes: [] });
    await fs2.register(phone);
    await extensions('DELETE', '/1001');
    expect(await newestReceipt('1001')).toMatchObject({
      status: 'incomplete',
      nodes: [{ status: 'unknown', last_error: 'NODE_UNKNOWN', verified_at: null }],
    });
    const audit = await dialplane.api<{ data: { freeswitch: unknown }[] }>(
      tenant.token,
      'GET',
      '/audit?action=deleted&resource=1001',
    );
    expect(audit.body.data[0]?.freeswitch).toMatchObject({
      status: 'incomplete',
      nodes: [{ status: 'unknown' }],
    });
  });

  it('is told of by every instance, whichever it asked', async () => {
    const other = await Dialplane.start(lane, {}, dialplane.database);
    fs2.directoryUrl = `${other.url}/freeswitch/directory`;
    await fs2.register(phone);
    await eventually(async () => (await gauge()) === '1');
    await extensions('DELETE', '/1001');
    expect(statuses(await newestReceipt('1001')).map(([, status]) => status)).toContain('unknown');
    await other.stop({ keepDatabase: true });
  });

  it('is not what a node is that was started anew, or was removed and added', async () => {
    await fs1.register(phone);
    fs1.restart();
    expect((await fs1.register(phone)).status).toBe(200);
    await nodeReady(dialplane, 'fs1');
    const before = await newestReceiptAfterDelete('1002');
    expect(statuses(before)).toEqual([['fs1', expect.anything()]]);
    expect([await unknown(), warnings()]).toEqual([[], []]);

    await ask(dialplane, token, 'DELETE', '/platform/nodes/fs1');
    await fs1.api('xml_flush_cache');
    await fs1.register(phone);
    const removed = await newestReceiptAfterDelete('1003');
    expect(statuses(removed).map(([, status]) => status)).toEqual(['unknown']);
    await ask(dialplane, token, 'POST', '/platform/nodes', { name: 'fs1', url: fs1.address });
    await eventually(async () => (await newestReceipt('1003')).status === 'done');
    expect(statuses(await newestReceipt('1003'))).toEqual([['fs1', 'verified']]);
  });

  async function newestReceiptAfterDelete(number: string): Promise<Receipt> {
    await create(number);
    await extensions('DELETE', `/${number}`);
    return newestReceipt(number);
  }
});

describeOnEach('a node that is added', (lane) => {
  let fs2: FakeFreeSwitch;
  let dialplane: Dialplane;
  let elsewhere: Dialplane;
  let tenant: TestTenant;
  let phones: Record<'kept' | 'deleted' | 'never' | 'foreign', Phone>;

  /** What the node holds, Dialplane has never heard of: another installation let the phones in. */
  beforeEach(async () => {
    const directoryAuth = { username: 'freeswitch', password: XML_CURL_PASSWORD };
    fs2 = await FakeFreeSwitch.start({ name: 'fs2', directoryAuth });
    dialplane = await Dialplane.start(lane);
    elsewhere = await Dialplane.start(lane);
    tenant = await dialplane.tenant({ domain: 'pbx.test' });
    for (const number of ['1001', '1002'])
      await dialplane.api(tenant.token, 'POST', '/extensions', { extension_number: number });
    fs2.directoryUrl = `${elsewhere.url}/freeswitch/directory`;
    const ours = await elsewhere.tenant({ domain: 'pbx.test' });
    const theirs = await elsewhere.tenant({ domain: 'foreign.test' });
    const phone = async (number: string, { tenant: { domain }, token }: TestTenant): Promise<Phone> => {
      const given = { extension_number: number };
      const made = await elsewhere.api<Made>(token, 'POST', '/extensions', given);
      const password = made.body.data.sip_password;
      const port = 6_000 + Number(number.slice(-1));
      return { user: number, domain, password, contact: `sip:${number}@127.0.0.1:${port}` };
    };
    phones = {
      kept: await phone('1001', ours),
      deleted: await phone('1002', ours),
      never: await phone('1003', ours),
      foreign: await phone('1004', theirs),
    };
    for (const each of Object.values(phones)) expect((await fs2.register(each)).status).toBe(200);
    await dialplane.api(tenant.token, 'DELETE', '/extensions/1002');
  });
  afterEach(async () => {
    await Promise.all([dialplane.stop(), elsewhere.stop()]);
    await fs2.stop();
  });

  const held = (): string[] =>
    Object.entries(phones).flatMap(([name, each]) => (fs2.registrations(each).length > 0 ? [name] : []));
  const receipt = async (): Promise<Receipt> =>
    (await dialplane.api<{ data: Receipt[] }>(tenant.token, 'GET', '/extensions/1002/revocations')).body
      .data[0]!;

  it('loses the phones of users who may have none, and no other, though it was away when it was added', async () => {
    expect(await receipt()).toMatchObject({ status: 'done', nodes: [] });
    await fs2.refuse();
    const token = await operator(dialplane);
    await ask(dialplane, token, 'POST', '/platform/nodes', { name: 'fs2', url: fs2.address });
    const node = async () =>
      (await ask<{ data: { swept_at: string | null } }>(dialplane, token, 'GET', '/platform/nodes/fs2')).body
        .data;
    expect((await node()).swept_at).toBeNull();
    expect(held()).toEqual(['kept', 'deleted', 'never', 'foreign']);
    fs2.directoryUrl = `${dialplane.url}/freeswitch/directory`;
    // Of a domain that is no tenant's it knows users from elsewhere.
    fs2.answerWith('user_exists id 1004 foreign.test', 'true');
    await fs2.accept();
    await eventually(() => !held().includes('never') && !held().includes('deleted'));
    await eventually(async () => (await node()).swept_at !== null);
    expect(held()).toEqual(['kept', 'foreign']);
    // Nest has one logger in a process, that of the app which started last.
    const warning = elsewhere.logLines.find((line) => line.includes('a node that was added had phones'));
    expect(JSON.parse(warning!)).toMatchObject({ node: 'fs2', domain: 'pbx.test', users: 2 });
  });

  it('is told in the receipts that are kept what it has lost', async () => {
    fs2.directoryUrl = `${dialplane.url}/freeswitch/directory`;
    const old = new Date(Date.now() - 3_600_000);
    await dialplane.dataSource.query('UPDATE revocations SET created_at = ?', [
      old.toISOString().slice(0, 19).replace('T', ' '),
    ]);
    const token = await operator(dialplane);
    await ask(dialplane, token, 'POST', '/platform/nodes', { name: 'fs2', url: fs2.address });
    await eventually(async () => (await receipt()).nodes[0]?.status === 'verified');
    expect(await receipt()).toMatchObject({
      status: 'done',
      nodes: [{ node: 'fs2', dropped_contacts: 1, status: 'verified' }],
    });
    expect(held()).not.toContain('deleted');
  });

  it('that is removed while it has work left has that in the receipts, until it is added again', async () => {
    const token = await operator(dialplane);
    fs2.directoryUrl = `${dialplane.url}/freeswitch/directory`;
    await fs2.refuse();
    const add = () => ask(dialplane, token, 'POST', '/platform/nodes', { name: 'fs2', url: fs2.address });
    await add();
    await dialplane.api(tenant.token, 'DELETE', '/extensions/1001');
    const of = async (): Promise<Receipt> =>
      (await dialplane.api<{ data: Receipt[] }>(tenant.token, 'GET', '/extensions/1001/revocations')).body
        .data[0]!;
    expect(await of()).toMatchObject({ status: 'pending', nodes: [{ node: 'fs2', status: 'pending' }] });
    await ask(dialplane, token, 'DELETE', '/platform/nodes/fs2');
    expect(await of()).toMatchObject({
      status: 'incomplete',
      nodes: [{ node: 'fs2', status: 'removed', verified_at: null }],
    });
    await add();
    await fs2.accept();
    await eventually(async () => (await of()).status === 'done');
    expect(held()).not.toContain('kept');
  });
});
