import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Databases, seed } from './databases';
import type { Registers } from './events-node';
import { table, whole } from './report';
import { median } from './rounds';
import { Server } from './servers';
import { FEW } from './subjects';

const PER_SECOND = 250;
const SECONDS = 20;
const ROUNDS = 3;
/** So that what is left to do of the last events is counted too. */
const SETTLE_MS = 500;

/** What hearing of REGISTERs costs: processor time of the whole process for each, over what it takes at rest. */
export async function benchEvents(databases: Databases): Promise<string> {
  const node = fork(join(__dirname, 'events-node.js'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    const [nodes] = (await once(node, 'message')) as [string];
    const url = await databases.create('sqlite');
    await seed(url, FEW);
    const server = await Server.dialplane(url, { nodes });
    const sample = async (work: Promise<unknown>): Promise<number> => {
      const before = server.cpuMicroseconds();
      await Promise.all([work, pause(SECONDS * 1_000 + SETTLE_MS)]);
      return server.cpuMicroseconds() - before;
    };
    await registers(node, { count: 5_000, perSecond: 1_000 });
    const count = PER_SECOND * SECONDS;
    const each: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      process.stderr.write(`Events: round ${round + 1} of ${ROUNDS}\n`);
      const rest = await sample(Promise.resolve());
      each.push(((await sample(registers(node, { count, perSecond: PER_SECOND }))) - rest) / count);
    }
    await server.stop();
    const figures = [Math.min(...each), median(each), Math.max(...each)].map(whole);
    const head = [`${PER_SECOND} REGISTER/s`, 'least', 'median', 'most'];
    return table(head, [['event socket: processor time for each, µs', ...figures]]);
  } finally {
    node.kill('SIGKILL');
  }
}

async function registers(node: ChildProcess, work: Registers): Promise<void> {
  const done = once(node, 'message');
  node.send(work);
  await done;
}
