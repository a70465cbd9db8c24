import { type Connection, times } from './load';
import { mib, NAMES, table, whole } from './report';
import { lookups } from './requests';
import { lookUp } from './rounds';
import { Server } from './servers';
import { type Subject } from './subjects';

const CHUNK = 40_000;
const CHUNKS: readonly Connection[] = ['kept', 'kept', 'kept', 'kept', 'kept', 'new', 'new'];

/** What Dialplane's process holds, without garbage, as lookups go by. */
export async function benchMemory({ kind, url, extensions }: Subject): Promise<string> {
  const server = await Server.dialplane(url, { watched: true });
  const rows: string[][] = [];
  const note = async (lookedUp: number, connection: string): Promise<void> => {
    const { rss, heapUsed } = await server.memory();
    rows.push([whole(lookedUp), connection, mib(heapUsed), mib(rss)]);
  };
  await note(0, '');
  for (const [index, connection] of CHUNKS.entries()) {
    process.stderr.write(`Memory: ${index + 1} of ${CHUNKS.length}\n`);
    await lookUp({ server, request: lookups(extensions) }, connection, times(CHUNK));
    // What a lookup leaves behind for a moment (see lookups-in-flight.ts) is gone after this.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await note((index + 1) * CHUNK, NAMES[connection]);
  }
  await server.stop();
  return table([`Lookups (${kind})`, 'Connection', 'Heap used MiB', 'RSS MiB'], rows);
}
