import { type PrivateMariadb, startMariadb } from './mariadb';
import { makeRunFolder, removeRunFolder } from './run-folder';

let mariadb: PrivateMariadb | null = null;

/** TEST_DATABASE_URL, or a MariaDB of our own; without either that lane is skipped, aloud. */
export default async function setUp(): Promise<void> {
  makeRunFolder();
  if (!process.env.TEST_DATABASE_URL) {
    mariadb = await startMariadb();
    if (mariadb) process.env.TEST_DATABASE_URL = mariadb.url;
  }
  if (process.env.TEST_DATABASE_URL) return;
  const sentence =
    'The MariaDB tests are SKIPPED: install mariadb-server, or set TEST_DATABASE_URL=mysql://user@host:port';
  if (process.env.REQUIRE_SERVERS) throw new Error(sentence);
  process.stderr.write(`\n${sentence}\n\n`);
}

export async function tearDown(): Promise<void> {
  removeRunFolder();
  await mariadb?.stop();
}
