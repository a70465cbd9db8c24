import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { freePort } from './free-port';
import { PATIENCE_MS } from './patience';
import { PrivateServer } from './private-server';
import { scratchFolder } from './scratch';

export class PrivateMariadb extends PrivateServer {
  constructor(
    private readonly program: string,
    folder: string,
    port: number,
  ) {
    super(folder, port);
  }

  /** mysql://…, without a database name. */
  get url(): string {
    return `mysql://root@127.0.0.1:${this.port}`;
  }

  /** Starts, or starts again with what it held. */
  async start(): Promise<void> {
    const child = this.spawn(this.program, [
      ...options(this.folder),
      `--port=${this.port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(this.folder, 's')}`,
      // Not to the disk at once, but out of the process: what is committed outlives kill().
      '--innodb-flush-log-at-trx-commit=2',
      '--max-connections=500',
    ]);
    await answers(this.url, child);
  }
}

/** Null where no MariaDB server is installed. */
export async function startMariadb(): Promise<PrivateMariadb | null> {
  const server = find('mariadbd');
  const install = find('mariadb-install-db');
  if (!server || !install) return null;
  const folder = scratchFolder('mariadb');
  for (const name of ['data', 'tmp']) mkdirSync(join(folder, name));
  execFileSync(install, [...options(folder), '--auth-root-authentication-method=normal'], {
    stdio: 'ignore',
  });
  const mariadb = new PrivateMariadb(server, folder, await freePort());
  await mariadb.start();
  return mariadb;
}

function options(folder: string): string[] {
  // As root mariadbd wants to be told that this is meant.
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const [data, tmp] = [join(folder, 'data'), join(folder, 'tmp')];
  // A server that starts removes the temporary tables it finds in its tmpdir: in a shared one, those of
  // a server that runs, which crashes at that.
  return ['--no-defaults', ...user, `--datadir=${data}`, `--tmpdir=${tmp}`];
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
  const deadline = Date.now() + PATIENCE_MS;
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
