import { forSeconds, load, times } from './load';
import { ms, table, whole } from './report';
import { apiGet, randomNumber } from './requests';
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
  return table(
    ['Database', `/api/pbx with ${whole(MANY)} extensions`, 'per second', 'p50 ms', 'p99 ms'],
    rows,
  );
}
