import { CallerId } from '../../src/schema/caller-id.entity';
import { type Answer } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';
import { addCallerId, addExtensions } from '../harness/records';
import { Site } from '../harness/site';

describeOnEach('a caller ID that changes', (lane) => {
  let site: Site;

  beforeEach(async () => {
    site = await Site.start(lane);
    for (const number of ['0900000020', '0900000021']) await addCallerId(site.dialplane, site.tenant, number);
    await site.api('POST', '', { extension_number: '1001', outbound_caller_id: '0900000020' });
    await site.api('POST', '', { extension_number: '1002' });
    await site.api('POST', '', { extension_number: '1003', outbound_caller_id: '0900000021' });
  });
  afterEach(() => site.stop());

  const put = (number: string, body: object): Promise<Answer<unknown>> =>
    site.dialplane.api(site.tenant.token, 'PUT', `/caller-ids/${number}`, body);
  const shown = (number: string, what = 'number'): Promise<string> =>
    site.fs1.api(`user_data ${number}@pbx.test var outbound_caller_id_${what}`);
  const all = (): Promise<string[]> => Promise.all(['1001', '1002', '1003'].map((number) => shown(number)));

  it('is at once no longer presented, nor kept by a node, when it is deactivated', async () => {
    expect(await all()).toEqual(['0900000020', '', '0900000021']);
    site.fs1.forgetCommands();
    expect((await put('0900000020', { status: 'inactive' })).status).toBe(200);
    const flushed = site.fs1.commands.filter((command) => command.startsWith('api xml_flush_cache'));
    expect([...new Set(flushed)]).toEqual(['api xml_flush_cache id 1001 pbx.test']);
    expect(await all()).toEqual(['', '', '0900000021']);
    expect(await site.receipts('1001')).toMatchObject([{ reason: 'changed' }]);
    expect(await site.receipts('1002')).toEqual([]);
    await put('0900000020', { status: 'active', display_name: 'New' });
    expect([await shown('1001'), await shown('1001', 'name')]).toEqual(['0900000020', 'New']);
  });

  it('is presented by those without one of their own from when it is the default', async () => {
    await all();
    await put('0900000021', { is_default: true });
    expect(await all()).toEqual(['0900000020', '0900000021', '0900000021']);
    await put('0900000020', { status: 'inactive' });
    expect(await all()).toEqual(['0900000021', '0900000021', '0900000021']);
    await put('0900000021', { status: 'inactive' });
    expect(await all()).toEqual(['', '', '']);
    await put('0900000020', { status: 'active', is_default: true });
    expect(await all()).toEqual(['0900000020', '0900000020', '0900000020']);
    await put('0900000020', { is_default: false });
    expect(await all()).toEqual(['0900000020', '', '']);
  });

  it('is told of to 1,000 at once, and the audit says when each node has forgotten them all', async () => {
    interface Told {
      status: string;
      nodes: { node: string; users: number; pending_users: number; verified_at: string | null }[];
    }
    const told = async (): Promise<Told | null> => {
      const path = '/audit?action=updated&resource_type=caller_id&per_page=1';
      const { body } = await site.dialplane.api<{ data: { freeswitch: Told | null }[] }>(
        site.tenant.token,
        'GET',
        path,
      );
      return body.data[0]?.freeswitch ?? null;
    };
    await put('0900000020', { carrier: 'viettel' });
    expect(await told()).toBeNull();
    await site.fs2.refuse();
    await nodeReady(site.dialplane, 'fs2', false);
    const callerId = await site.dialplane.dataSource.manager.findOneByOrFail(CallerId, {
      number: '0900000020',
    });
    await addExtensions(site.dialplane, site.tenant, 1_000, { outboundCallerIdId: callerId.id });
    await put('0900000020', { status: 'inactive' });
    const waiting = await told();
    expect(waiting?.status).toBe('pending');
    expect(waiting?.nodes.map(({ node, users }) => [node, users])).toEqual([
      ['fs1', 1_000],
      ['fs2', 1_000],
    ]);
    expect(waiting?.nodes[1]).toMatchObject({ status: 'pending', pending_users: 1_000, verified_at: null });
    await site.fs2.accept();
    const flushed = (): Set<string> =>
      new Set(site.fs2.commands.filter((command) => command.startsWith('api xml_flush_cache')));
    // Its own patience for each pass: a thousand users take a slow machine a minute.
    await eventually(() => flushed().size === 1_000);
    await eventually(async () => (await told())?.status === 'done');
    expect((await told())?.nodes.map(({ pending_users }) => pending_users)).toEqual([0, 0]);
    expect(flushed().size).toBe(1_000);
  });

  it('that nobody is shown leaves the nodes alone', async () => {
    await all();
    site.fs1.forgetCommands();
    await put('0900000020', { carrier: 'viettel' });
    await put('0900000020', { display_name: 'Sales' });
    await site.dialplane.api(site.tenant.token, 'POST', '/caller-ids', { number: '0900000022' });
    await put('0900000022', { display_name: 'New', status: 'inactive' });
    expect(site.fs1.commands.filter((command) => command.includes('flush'))).toEqual([]);
  });

  it('on the command line reaches the nodes through the server', async () => {
    await all();
    const program = site.commandLine();
    const given = ['caller-id', 'default', '--tenant', 'pbx.test', '--number', '0900000021'];
    expect(await program.run(given)).toMatchObject({ code: 0, stderr: '' });
    await eventually(async () => (await shown('1002')) === '0900000021');
    expect(await shown('1001')).toBe('0900000020');
  });
});
