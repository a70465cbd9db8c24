import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Databases, seed } from './databases';
import { askOnce, forSeconds, load } from './load';
import { ms, table, whole } from './report';
import { apiGet, lookups } from './requests';
import { Server } from './servers';
import { MANY } from './subjects';

const ACCOUNT = 10_000;
const SECONDS = 5;
const CLIENTS = 4;
const LISTED_DEADLINE_MS = 60_000;

/** What it costs to know who is registered: memory, the list after a reconnect, and one call for an account. */
export async function benchRegistrations(databases: Databases): Promise<string> {
  const kind = databases.kinds[0] ?? 'sqlite';
  const node = fork(join(__dirname, 'registrations-node.js'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const [address] = (await once(node, 'message')) as [string];
    const restart = async (registrations: number): Promise<void> => {
      const done = once(node, 'message');
      node.send(registrations);
      await done;
    };
    const large = await databases.create(kind);
    await seed(large, MANY);
    const small = await databases.create(kind);
    const token = await seed(small, ACCOUNT);
    return [
      await benchList(await Server.dialplane(large, { watched: true, nodes: address }), restart),
      await benchOneCall(await Server.dialplane(small, { nodes: address }), token, restart),
    ].join('\n');
  } finally {
    node.kill('SIGKILL');
  }
}

/** A node comes back with all its phones while lookups go on. */
async function benchList(server: Server, restart: (registrations: number) => Promise<void>): Promise<string> {
  const lookUp = (more: () => boolean): ReturnType<typeof load> =>
    load({
      ...{ port: server.port, connection: 'new', clients: CLIENTS, more },
      ...{ request: lookups(MANY), expected: 'a1-hash' },
    });
  await restart(0);
  await lookUp(forSeconds(SECONDS));
  const before = await server.memory();
  await server.loopDelay();
  const calm = await lookUp(forSeconds(SECONDS));
  const calmDelay = await server.loopDelay();
  process.stderr.write(`Registrations: a list of ${MANY}\n`);
  await restart(MANY);
  const began = performance.now();
  let over = false;
  const listing = lookUp(() => !over);
  await listed(server.port, MANY);
  const took = performance.now() - began;
  over = true;
  const busy = await listing;
  const busyDelay = await server.loopDelay();
  const after = await server.memory();
  await server.stop();
  const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
  return table(
    [`${whole(MANY)} registrations`, 'before', 'while a node lists them', 'with them'],
    [
      ['event loop delay p99 / longest ms', calmDelay, busyDelay, ''].map(delays),
      ['lookup p50 / p99 ms', times(calm), times(busy), ''],
      ['list known after ms', '', whole(took), ''],
      [
        'heap MiB',
        mib(before.heapUsed),
        '',
        `${mib(after.heapUsed)} (+${mib(after.heapUsed - before.heapUsed)})`,
      ],
      ['RSS MiB', mib(before.rss), '', mib(after.rss)],
    ],
  );
}

async function benchOneCall(
  server: Server,
  token: string,
  restart: (registrations: number) => Promise<void>,
): Promise<string> {
  await restart(ACCOUNT);
  await listed(server.port, ACCOUNT);
  const rows: string[][] = [];
  for (const path of [
    '?per_page=1000',
    '?status=registered&per_page=1000',
    '?status=unregistered',
    '?search=1099',
  ]) {
    const request = apiGet(token, () => `/registrations${path}`);
    const traffic = {
      port: server.port,
      connection: 'kept',
      clients: 1,
      request,
      expected: '"total":',
    } as const;
    await load({ ...traffic, more: forSeconds(1) });
    const { p50, p99 } = await load({ ...traffic, more: forSeconds(SECONDS) });
    rows.push([`/registrations${path}`, ms(p50), ms(p99)]);
  }
  await server.stop();
  return table([`${whole(ACCOUNT)} extensions, all registered`, 'p50 ms', 'p99 ms'], rows);
}

/** Resolves when the node has told of all that it holds. */
async function listed(port: number, registrations: number): Promise<void> {
  const deadline = performance.now() + LISTED_DEADLINE_MS;
  const request = 'GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
  while (
    !(await askOnce(port, request)).includes(`dialplane_registrations{node="bench"} ${registrations}\n`)
  ) {
    if (performance.now() > deadline) throw new Error('The registrations were not listed.');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const times = ({ p50, p99 }: { p50: number; p99: number }): string => `${ms(p50)} / ${ms(p99)}`;
const delays = (delay: string | { p99: number; max: number }): string =>
  typeof delay === 'string' ? delay : `${ms(delay.p99)} / ${ms(delay.max)}`;
