import { type Connection, askOnce } from './load';
import { lookups } from './requests';
import { type LookupSample, type Play, playRounds, type Target } from './rounds';
import { ms, NAMES, percent, table, whole } from './report';
import { Server } from './servers';
import { FEW, MANY, type Subject } from './subjects';

const CONNECTIONS: readonly Connection[] = ['new', 'kept'];
const BARE = 'B1';

const dialplane = ({ kind, extensions }: Subject): string => `Dialplane on ${kind} of ${extensions}`;
const oneSelect = ({ kind, extensions }: Subject): string => `B2 on ${kind} of ${extensions}`;

/** Directory lookups beside the two baselines. */
export async function benchLookups(subjects: readonly Subject[]): Promise<string> {
  const request = lookups(MANY);
  const answer = subjects[0] ? await askOnce(subjects[0].server.port, lookups(FEW)()) : '';
  const targets: Target[] = [{ name: BARE, server: await Server.baseline(answer), request }];
  for (const subject of subjects) {
    const of = lookups(subject.extensions);
    const baseline = await Server.baseline(answer, subject.url);
    targets.push({ name: oneSelect(subject), server: baseline, request: of });
    targets.push({ name: dialplane(subject), server: subject.server, request: of });
  }
  const play = await playRounds(targets, CONNECTIONS);
  for (const { name, server } of targets) if (!name.startsWith('Dialplane')) await server.stop();
  return `${speeds(subjects, play)}\n${growth(subjects, play)}`;
}

function speeds(subjects: readonly Subject[], play: Play): string {
  const head = ['Database', 'Extensions', 'Connection', 'Dialplane/s', 'B1/s', 'B2/s', 'Dialplane/B2'];
  const times = ['p50 ms', 'p99 ms', 'B2 p50 ms', 'B2 p99 ms', 'CPU µs', 'B1 CPU µs', 'B2 CPU µs'];
  const rows = subjects.flatMap((subject) =>
    CONNECTIONS.map((connection) => {
      const pair = [dialplane(subject), oneSelect(subject)] as const;
      const [own, select] = pair;
      const median = (what: keyof LookupSample, ...of: string[]): number[] =>
        of.map((target) => play.median(target, connection, what));
      return [
        ...[subject.kind, whole(subject.extensions), NAMES[connection]],
        ...median('perSecond', own, BARE, select).map(whole),
        play.ratio(pair, connection, 'perSecond').toFixed(2),
        ...[own, select].flatMap((target) => [...median('p50', target), ...median('p99', target)].map(ms)),
        ...median('cpu', own, BARE, select).map(whole),
        percent(Math.max(...median('generator', own, BARE, select))),
      ];
    }),
  );
  return table([...head, ...times, 'Generator’s core, at most'], rows);
}

function growth(subjects: readonly Subject[], play: Play): string {
  const many = subjects.filter(({ extensions }) => extensions === MANY);
  const rows = many.map((subject) => {
    const pair = [dialplane(subject), dialplane({ ...subject, extensions: FEW })] as const;
    return [subject.kind, ...CONNECTIONS.map((connection) => play.ratio(pair, connection, 'p99').toFixed(2))];
  });
  return table([`p99 at ${whole(MANY)} / at ${whole(FEW)}`, ...CONNECTIONS.map((one) => NAMES[one])], rows);
}
