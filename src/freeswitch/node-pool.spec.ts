import { FakeFreeSwitch } from '../../test/fake-freeswitch/fake-freeswitch';
import { untilStatus } from '../../test/fake-freeswitch/until-status';
import { parseNodes } from './node-address';
import { NodePool } from './node-pool';

describe('NodePool', () => {
  it('keeps a session with every node, and says which come, become ready and leave', async () => {
    const fakes = await Promise.all(['fs1', 'fs2'].map((name) => FakeFreeSwitch.start({ name })));
    const [first, second] = fakes;
    const log = { info: () => undefined, warn: () => undefined };
    const pool = new NodePool({ log, times: { backoffFirst: 5, backoffLongest: 10 } });
    const heard: string[] = [];
    const end = pool.follow((node) => {
      heard.push(`${node.name} comes`);
      return () => void heard.push(`${node.name} leaves`);
    });
    for (const address of parseNodes(fakes.map((fake) => fake.address).join(' '))) pool.add(address);
    expect(heard.splice(0)).toEqual(['fs1 comes', 'fs2 comes']);
    await Promise.all(pool.nodes.map((node) => untilStatus(node, 'ready')));
    expect([pool.isReady('fs1'), pool.isReady('fs3')]).toEqual([true, false]);

    const lost = untilStatus(pool.nodes[1]!, 'waiting');
    second?.restart();
    await lost;
    await untilStatus(pool.nodes[1]!, 'ready');

    const [removed] = pool.nodes;
    await pool.remove('fs1');
    expect([heard.splice(0), removed?.status]).toEqual([['fs1 leaves'], 'stopped']);
    await first?.waitForNoConnection();
    await end();
    expect(heard).toEqual(['fs2 leaves']);
    await pool.stop();
    expect(pool.nodes.map((node) => node.status)).toEqual(['stopped']);
    await Promise.all(fakes.map((fake) => fake.stop()));
  });
});
