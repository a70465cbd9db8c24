import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type PrivateMariadb, startMariadb } from './mariadb';
import { makeTemplates, removeTemplates } from './templates';

let mariadb: PrivateMariadb | null = null;

export default async function setUp(): Promise<void> {
  // The tests of the command line run what is built; built once, before any of them starts.
  execFileSync(process.execPath, [join(__dirname, '../../src/cli/dialplane.js'), '--version'], {
    stdio: 'ignore',
  });
  await setUpMariadb();
  process.env.TEST_TEMPLATES = await makeTemplates(process.env.TEST_DATABASE_URL);
}

/** TEST_DATABASE_URL, or a MariaDB of our own; without either that lane is skipped, aloud. */
async function setUpMariadb(): Promise<void> {
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
  removeTemplates(process.env.TEST_TEMPLATES ?? '');
  await mariadb?.stop();
}
