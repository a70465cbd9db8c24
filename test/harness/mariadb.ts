import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { freePort } from './free-port';

const START_DEADLINE_MS = 60_000;

/** A MariaDB of the tests' own: a temporary folder, a free loopback port, gone when stopped. */
export interface PrivateMariadb {
  /** mysql://…, without a database name. */
  url: string;
  stop(): Promise<void>;
}

/** Null where no MariaDB server is installed. */
export async function startMariadb(): Promise<PrivateMariadb | null> {
  const server = find('mariadbd');
  const install = find('mariadb-install-db');
  if (!server || !install) return null;
  const folder = mkdtempSync(join(tmpdir(), 'dialplane-mariadb-'));
  // As root mariadbd wants to be told that this is meant.
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const options = ['--no-defaults', ...user, `--datadir=${folder}`];
  execFileSync(install, [...options, '--auth-root-authentication-method=normal'], { stdio: 'ignore' });
  const port = await freePort();
  const child = spawn(
    server,
    [
      ...options,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 's')}`,
      '--innodb-flush-log-at-trx-commit=0',
      '--max-connections=500',
    ],
    { stdio: 'ignore' },
  );
  const url = `mysql://root@127.0.0.1:${port}`;
  await answers(url, child);
  return { url, stop: () => stopped(child, folder) };
}

function find(program: string): string | null {
  try {
    return execFileSync('sh', ['-c', `PATH="$PATH:/usr/sbin" command -v ${program}`], {
      encoding: 'utf8',
    }).trim();
  } catch {
    return null;
  }
}

/** Tries until the server takes a connection; it tells nobody when it is up. */
async function answers(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    try {
      const connection = await createConnection(url);
      await connection.end();
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function stopped(child: ChildProcess, folder: string): Promise<void> {
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
  rmSync(folder, { recursive: true, force: true });
}
