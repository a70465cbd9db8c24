import { FakeFreeSwitch } from '../../test/fake-freeswitch/fake-freeswitch';
import { untilStatus } from '../../test/fake-freeswitch/until-status';
import { parseNodes } from './node-address';
import { NodePool } from './node-pool';

describe('NodePool', () => {
  it('keeps a session with every node and says which became ready', async () => {
    const fakes = await Promise.all(['fs1', 'fs2'].map((name) => FakeFreeSwitch.start({ name })));
    const [first, second] = fakes;
    const log = { info: () => undefined, warn: () => undefined };
    const pool = new NodePool(parseNodes(fakes.map((fake) => fake.address).join(' ')), {
      log,
      times: { backoffFirst: 5, backoffLongest: 10 },
    });
    const heard: string[] = [];
    const end = pool.onReady((node) => heard.push(node.name));
    pool.start();
    await Promise.all(pool.nodes.map((node) => untilStatus(node, 'ready')));
    expect(heard.toSorted()).toEqual(['fs1', 'fs2']);

    const lost = untilStatus(pool.nodes[1]!, 'waiting');
    second?.restart();
    await lost;
    await untilStatus(pool.nodes[1]!, 'ready');
    expect(heard.slice(2)).toEqual(['fs2']);

    end();
    await pool.stop();
    expect(pool.nodes.map((node) => node.status)).toEqual(['stopped', 'stopped']);
    await first?.waitForNoConnection();
    await Promise.all(fakes.map((fake) => fake.stop()));
  });
});
