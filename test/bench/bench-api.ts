import { forSeconds, load, times } from './load';
import { ms, table, whole } from './report';
import { apiGet, randomNumber } from './requests';
import { playRounds } from './rounds';
import { Server } from './servers';
import { MANY, type Subject } from './subjects';

const SECONDS = 3;
const WARM_UP = 50;
const LAST_PAGE = MANY / 50;

const CASES: Record<string, () => string> = {
  'list, first page': () => '/extensions',
  'list, last page': () => `/extensions?page=${LAST_PAGE}`,
  'search, part of a number (10 found)': () => `/extensions?search=${randomNumber(MANY).slice(0, 5)}`,
  'search, part of a name (all found)': () => '/extensions?search=Desk',
  'search, one name': () => `/extensions?search=Desk%20${randomNumber(MANY)}`,
  detail: () => `/extensions/${randomNumber(MANY)}`,
};

/** The API's reads with many extensions, one request at a time. */
export async function benchApi(subjects: readonly Subject[]): Promise<string> {
  const rows: string[][] = [];
  for (const { kind, token, server } of subjects.filter(({ extensions }) => extensions === MANY)) {
    for (const [name, path] of Object.entries(CASES)) {
      process.stderr.write(`${kind}: ${name}\n`);
      const request = apiGet(token, path);
      const { port } = server;
      const traffic = {
        port,
        connection: 'kept',
        clients: 1,
        request,
        expected: '"display_name":"Desk',
      } as const;
      await load({ ...traffic, more: times(WARM_UP) });
      const { perSecond, p50, p99 } = await load({ ...traffic, more: forSeconds(SECONDS) });
      rows.push([kind, name, whole(perSecond), ms(p50), ms(p99)]);
    }
  }
  const lists = table(
    ['Database', `/api/pbx with ${whole(MANY)} extensions`, 'per second', 'p50 ms', 'p99 ms'],
    rows,
  );
  return `${lists}\n${await benchDetail(subjects)}`;
}

/** One extension, beside a bare server that asks MariaDB as often. */
async function benchDetail(subjects: readonly Subject[]): Promise<string> {
  const subject = subjects.find(({ kind, extensions }) => kind === 'MariaDB' && extensions === MANY);
  if (!subject) return '';
  const bare = await Server.bareApi(subject.url);
  const request = apiGet(subject.token, () => `/extensions/${randomNumber(MANY)}`);
  const pair = ['Detail', 'Bare detail'] as const;
  const play = await playRounds(
    [
      { name: pair[0], server: subject.server, request, expected: '"display_name":"Desk' },
      { name: pair[1], server: bare, request, expected: '"display_name":"Desk' },
    ],
    ['kept'],
  );
  await bare.stop();
  const [own, other] = pair.map((name) => whole(play.median(name, 'kept', 'perSecond')));
  const ratio = play.ratio(pair, 'kept', 'perSecond').toFixed(2);
  return table(
    ['One extension (MariaDB)', 'Dialplane/s', 'bare server/s', 'ratio'],
    [[`of ${whole(MANY)}`, own ?? '', other ?? '', ratio]],
  );
}
