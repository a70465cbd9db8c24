import { createConnection } from 'mysql2/promise';
import { type PrivateMariadb, startMariadb } from '../harness/mariadb';
import { RawPhone } from './raw-phone';
import { at, describeLive } from './site';
import { type Account } from './sipp';
import { eventually } from './waiting';

const ACCOUNTS = 64;
const CLIENTS = 8;
/** The database hangs, then is gone, together for a minute. */
const HANGS_MS = 20_000;
const GONE_MS = 40_000;
const APP_KEY = Buffer.alloc(32, 7).toString('base64');

let mariadb: PrivateMariadb | null = null;

/** No cache in FreeSWITCH: every REGISTER asks us. */
async function options(): Promise<object> {
  mariadb = await startMariadb();
  if (!mariadb) throw new Error('This needs mariadb-server.');
  const connection = await createConnection(mariadb.url);
  await connection.query('CREATE DATABASE live');
  await connection.end();
  const dialplane = { DATABASE_URL: `${mariadb.url}/live`, APP_KEY, DIRECTORY_CACHE_MS: '0' };
  return { phones: 0, direct: true, dialplane };
}

describeLive('a database that is away', options, (site) => {
  const accounts: Account[] = [];
  afterAll(() => mariadb?.stop());

  /** Registers one account after another; every answer but 200 is told of. */
  async function storm(endsAt: () => boolean): Promise<{ let: number; refused: Record<string, number> }> {
    const seen = { let: 0, refused: {} as Record<string, number> };
    const client = async (index: number): Promise<void> => {
      const phone = await RawPhone.udp(site().freeswitch.sipPort);
      for (let turn = index; !endsAt(); turn += CLIENTS) {
        phone.received.length = 0;
        const status = await phone.register(at(accounts, turn % ACCOUNTS)).catch(() => 'no answer');
        if (status === 200) seen.let += 1;
        else seen.refused[status] = (seen.refused[status] ?? 0) + 1;
      }
      phone.close();
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
    return seen;
  }

  async function stormFor(ms: number, what: string): Promise<void> {
    const end = performance.now() + ms;
    const { let: accepted, refused } = await storm(() => performance.now() >= end);
    site().findings.note(`REGISTERs let in, ${what}`, String(accepted));
    site().check(`refused, ${what}`, refused, {});
  }

  it('refuses no phone that was known, and heals', async () => {
    for (let index = 0; index < ACCOUNTS; index++)
      accounts.push(await site().extension(String(8_000 + index)));
    const deleted = await site().extension('8100');
    const status = async (): Promise<number> => (await site().api('GET', '/extensions/8000')).status;
    await stormFor(3_000, 'the database being there');
    const phone = await RawPhone.udp(site().freeswitch.sipPort);
    site().check('REGISTER of one that is then deleted', await phone.register(deleted), 200);
    site().check('delete', (await site().api('DELETE', '/extensions/8100')).status, 200);

    await mariadb?.hang();
    await stormFor(HANGS_MS, `the database hanging for ${HANGS_MS / 1_000} s`);
    site().check('API meanwhile', await status(), 503);
    await mariadb?.kill();
    await stormFor(GONE_MS, `the database gone for ${GONE_MS / 1_000} s`);
    site().check('API meanwhile', await status(), 503);
    site().check('REGISTER of the deleted one', await phone.register(deleted), 403);
    phone.close();

    await mariadb?.start();
    await eventually('the API is back', async () => (await status()) === 200);
    await stormFor(3_000, 'the database being back');
    site().check('a new extension', (await site().extension('8200')).number, '8200');
  });
});
