import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { tellRegistered } from '../harness/register-events';
import { DOMAIN } from './databases';
import { askOnce } from './load';
import { quantile } from './quantile';
import { mib, ms, table, whole } from './report';
import { apiGet, numberAt } from './requests';
import { Server } from './servers';
import { Crowd } from './stream-crowd';
import { type Subject } from './subjects';

const READERS = 1_000;
const WARM_UP = 50;
const CHANGES = 200;
const PATH = '/registrations/stream';

/** From a node's event to its receipt by the last of many readers of one tenant's stream. */
export async function benchStreams({ kind, url, token, extensions }: Subject): Promise<string> {
  process.stderr.write(`Streams: ${READERS} readers\n`);
  const fs = await FakeFreeSwitch.start();
  const server = await Server.dialplane(url, { watched: true, nodes: fs.address });
  const crowd = new Crowd();
  try {
    await fs.waitForConnection();
    await answering(server.port, token);
    const before = await server.memory();
    const head = apiGet(token, () => PATH)();
    const joined = await timed(async () => {
      const all = crowd.join(server.port, head, READERS);
      await Promise.all([all, crowd.all('event: snapshot')]);
    });
    const open = await server.memory();
    const single = await singleChanges(fs, crowd);
    const lost = await timed(async () => {
      const all = crowd.all('"status":"unknown"', extensions);
      await fs.refuse();
      await all;
    });
    const after = await server.memory();
    const rows = [
      ['all have connected and read the snapshot', ms(joined)],
      [`one change, p50 of ${CHANGES}`, ms(quantile(single, 0.5))],
      [`one change, p99 of ${CHANGES}`, ms(quantile(single, 0.99))],
      [`the node leaves: ${whole(extensions)} changes to each`, ms(lost)],
    ];
    const memory = [before, open, after].map(({ heapUsed, rss }) => `${mib(heapUsed)} / ${mib(rss)}`);
    return [
      table([`${whole(READERS)} readers, ${whole(extensions)} extensions (${kind})`, 'ms to the last'], rows),
      table(['Heap / RSS MiB without readers', 'with them', 'after all'], [memory]),
    ].join('\n');
  } finally {
    crowd.leave();
    await server.stop();
    await fs.stop();
  }
}

/** Of one extension each, one after another. @returns ms from the event to the last reader, sorted */
async function singleChanges(fs: FakeFreeSwitch, crowd: Crowd): Promise<number[]> {
  const latencies: number[] = [];
  for (let index = 0; index < WARM_UP + CHANGES; index++) {
    const number = numberAt(index);
    const contact = `<sip:${number}@192.0.2.1:5060>`;
    const all = crowd.all(`"extension_number":"${number}"`);
    latencies.push(
      await timed(async () => {
        tellRegistered(fs, { number, domain: DOMAIN, contact });
        await all;
      }),
    );
  }
  return latencies.slice(WARM_UP).sort((a, b) => a - b);
}

/** Resolves when the server knows all that the node holds. */
async function answering(port: number, token: string): Promise<void> {
  const request = apiGet(token, () => '/registrations?per_page=1')();
  while (!(await askOnce(port, request)).includes('"unregistered"')) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
