import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { Dialplane } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';

interface Diagnosis {
  verdict: { code: string; summary: string };
  evidence: { unknown: object };
}

describeOnEach('a diagnosis with nodes that are not asked', (lane) => {
  it('says so', async () => {
    const none = await Dialplane.start(lane);
    const { token } = await none.tenant();
    await none.api(token, 'POST', '/extensions', { extension_number: '1001' });
    const path = '/extensions/1001/diagnosis';
    const answer = await none.api<{ data: Diagnosis }>(token, 'GET', path);
    expect(answer.body.data.verdict.code).toBe('no_nodes');
    await none.stop();
  });

  it('does not guess while one of several is away', async () => {
    const fs1 = await FakeFreeSwitch.start({ name: 'fs1' });
    const fs2 = await FakeFreeSwitch.start({ name: 'fs2' });
    await fs2.refuse();
    const dialplane = await Dialplane.start(lane, { FREESWITCH_NODES: `${fs1.address} ${fs2.address}` });
    const { token } = await dialplane.tenant();
    await dialplane.api(token, 'POST', '/extensions', { extension_number: '1001' });
    await nodeReady(dialplane, 'fs1');
    const verdict = async () =>
      (await dialplane.api<{ data: Diagnosis }>(token, 'GET', '/extensions/1001/diagnosis')).body.data
        .verdict;
    await eventually(async () => !(await verdict()).summary.includes('fs1'));
    expect(await verdict()).toMatchObject({
      code: 'unknown',
      summary: expect.stringContaining('fs2 (away since') as string,
    });
    await dialplane.stop();
    await Promise.all([fs1.stop(), fs2.stop()]);
  });

  it('knows after a restart whose domains there are, and that the database was away', async () => {
    const first = await Dialplane.start(lane);
    const { token, tenant } = await first.tenant();
    await first.api(token, 'POST', '/extensions', { extension_number: '1001' });
    await first.stop({ keepDatabase: true });
    const fs1 = await FakeFreeSwitch.start({ name: 'fs1' });
    const second = await Dialplane.start(lane, { FREESWITCH_NODES: fs1.address }, first.database);
    await nodeReady(second, 'fs1');
    await second.lookupUser('1777', tenant.domain);
    await second.dataSource.query('ALTER TABLE extensions RENAME COLUMN a1 TO gone');
    await second.lookupUser('1001', tenant.domain);
    await second.dataSource.query('ALTER TABLE extensions RENAME COLUMN gone TO a1');
    const ask = async () =>
      (await second.api<{ data: Diagnosis }>(token, 'GET', '/extensions/1001/diagnosis')).body.data;
    await eventually(async () => (await ask()).verdict.code === 'directory_unreachable');
    expect((await ask()).evidence.unknown).toMatchObject({
      numbers: { count: 1 },
      unanswered: { count: 1 },
      domains: { count: 0 },
    });
    await second.stop();
    await fs1.stop();
  });
});
