import { type Connection, forSeconds, load, type Sample, times } from './load';
import { type Server } from './servers';

const CLIENTS = 16;
const ROUNDS = 7;
const SECONDS = 1.5;
const WARM_UP = 3_000;

export interface Target {
  name: string;
  server: Server;
  request(): string;
  /** What every right answer holds; of a lookup unless it is given. */
  expected?: string;
}

export interface LookupSample extends Sample {
  /** The server's processor time for one lookup, in microseconds. */
  cpu: number;
}

/** What every target did in each round. */
export class Play {
  private readonly samples = new Map<string, LookupSample[]>();

  add(target: string, connection: Connection, sample: LookupSample): void {
    this.samples.set(`${target}, ${connection}`, [...this.of(target, connection), sample]);
  }

  median(target: string, connection: Connection, what: keyof LookupSample): number {
    return median(this.of(target, connection).map((sample) => sample[what]));
  }

  /** The median of the ratios within each round, where both met the same machine. */
  ratio([over, under]: readonly [string, string], connection: Connection, what: keyof LookupSample): number {
    const unders = this.of(under, connection);
    return median(
      this.of(over, connection).map((sample, round) => sample[what] / (unders[round]?.[what] ?? NaN)),
    );
  }

  private of(target: string, connection: Connection): LookupSample[] {
    return this.samples.get(`${target}, ${connection}`) ?? [];
  }
}

/** Loads every target once a round, there and back: what else the machine does meets them all alike. */
export async function playRounds(
  targets: readonly Target[],
  connections: readonly Connection[],
): Promise<Play> {
  const turns = connections.flatMap((connection) => targets.map((target) => ({ target, connection })));
  const play = new Play();
  for (const { target, connection } of turns) await lookUp(target, connection, times(WARM_UP));
  for (let round = 0; round < ROUNDS; round++) {
    process.stderr.write(`${targets[0]?.name}: round ${round + 1} of ${ROUNDS}\n`);
    for (const { target, connection } of round % 2 === 0 ? turns : turns.toReversed())
      play.add(target.name, connection, await lookUp(target, connection, forSeconds(SECONDS)));
  }
  return play;
}

export async function lookUp(
  { server, request, expected = 'a1-hash' }: Omit<Target, 'name'>,
  connection: Connection,
  more: () => boolean,
): Promise<LookupSample> {
  const before = server.cpuMicroseconds();
  const traffic = { port: server.port, connection, clients: CLIENTS, request, more };
  const sample = await load({ ...traffic, expected });
  return { ...sample, cpu: (server.cpuMicroseconds() - before) / sample.answers };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
