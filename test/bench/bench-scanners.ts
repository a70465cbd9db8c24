import { type Connection, forSeconds, load, type Sample, times } from './load';
import { mib, ms, table, whole } from './report';
import { lookupOf, lookups } from './requests';
import { median } from './rounds';
import { Server } from './servers';
import { type Subject } from './subjects';

/** How many different users and domains a scanner tries. */
const GUESSES = Number(process.env.BENCH_GUESSES ?? 1_000_000);
const KNOWN_CLIENTS = 16;
/** A scanner waits for each answer on its phone line; two of them at once. */
const SCANNERS = 2;
const ROUNDS = 9;
const SECONDS = 2;
/** For the many guesses, on connections kept open: those two would need half an hour. */
const HASTY_SCANNERS = 8;
/** Users in use, all of which are remembered before memory is looked at. */
const IN_USE = 1_000;

let guesses = 0;

/** Never the same twice: seven digits where all extensions have six, and every fifth time a domain. */
function guess(): string {
  guesses += 1;
  return guesses % 5 === 0 ? lookupOf('100000', `x${guesses}.test`) : lookupOf(String(1_000_000 + guesses));
}

/** What users notice of a scanner, and what it leaves in memory. */
export async function benchScanners({ kind, url }: Subject): Promise<string> {
  const server = await Server.dialplane(url, { watched: true });
  const { port } = server;
  const request = lookups(IN_USE);
  const known = (clients: number, more: () => boolean): Promise<Sample> =>
    load({ port, connection: 'new', clients, request, expected: 'a1-hash', more });
  const scan = (connection: Connection, clients: number, more: () => boolean): Promise<Sample> =>
    load({ port, connection, clients, request: guess, expected: 'not found', more });

  await known(KNOWN_CLIENTS, times(10 * IN_USE));
  const beside = await besideScanners(
    (more) => known(KNOWN_CLIENTS, more),
    (more) => scan('new', SCANNERS, more),
  );
  const left = await leftBehind(
    server,
    (more) => known(SCANNERS, more),
    (more) => scan('kept', HASTY_SCANNERS, more),
  );
  await server.stop();
  return `${table([`Lookups of users (${kind})`, 'p50 ms', 'p99 ms', 'guesses/s'], beside)}\n${table([`Guesses (${kind})`, 'Heap used MiB', 'RSS MiB'], left)}`;
}

type Load = (more: () => boolean) => Promise<Sample>;

/** The same users with and without a scanner, in turns. */
async function besideScanners(known: Load, scan: Load): Promise<string[][]> {
  const alone: Sample[] = [];
  const together: Sample[] = [];
  const guessed: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    process.stderr.write(`Scanners: round ${round + 1} of ${ROUNDS}\n`);
    alone.push(await known(forSeconds(SECONDS)));
    const both = [known(forSeconds(SECONDS)), scan(forSeconds(SECONDS))] as const;
    const [users, scanner] = await Promise.all(both);
    together.push(users);
    guessed.push(scanner.perSecond);
  }
  const row = (name: string, samples: Sample[]): string[] => [
    name,
    ms(median(samples.map(({ p50 }) => p50))),
    ms(median(samples.map(({ p99 }) => p99))),
  ];
  const ratio = (of: 'p50' | 'p99'): string =>
    median(together.map((sample, round) => sample[of] / (alone[round]?.[of] ?? NaN))).toFixed(2);
  return [
    [...row('alone', alone), ''],
    [...row('beside a scanner', together), whole(median(guessed))],
    ['ratio', ratio('p50'), ratio('p99'), ''],
  ];
}

/** What the process holds, without garbage, as guesses go by and users are looked up beside them. */
async function leftBehind(server: Server, known: Load, scan: Load): Promise<string[][]> {
  const rows: string[][] = [];
  const note = async (made: number): Promise<void> => {
    const { rss, heapUsed } = await server.memory();
    rows.push([whole(made), mib(heapUsed), mib(rss)]);
  };
  await note(0);
  for (const half of [1, 2]) {
    process.stderr.write(`Scanners: half ${half} of ${whole(GUESSES)} guesses\n`);
    let over = false;
    const users = known(() => !over);
    await scan(times(GUESSES / 2)).finally(() => (over = true));
    await users;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await note((half * GUESSES) / 2);
  }
  return rows;
}
