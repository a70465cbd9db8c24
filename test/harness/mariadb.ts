import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { eventually } from './eventually';
import { freePort } from './free-port';

const START_DEADLINE_MS = 60_000;

/** A MariaDB of the tests' own: a temporary folder, a free loopback port, gone when stopped. */
export class PrivateMariadb {
  private child: ChildProcess | null = null;

  constructor(
    private readonly server: string,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** mysql://…, without a database name. */
  get url(): string {
    return `mysql://root@127.0.0.1:${this.port}`;
  }

  /** Starts, or starts again with what it held. */
  async start(): Promise<void> {
    const child = spawn(
      this.server,
      [
        ...options(this.folder),
        `--port=${this.port}`,
        '--bind-address=127.0.0.1',
        `--socket=${join(this.folder, 's')}`,
        // Not to the disk at once, but out of the process: what is committed outlives kill().
        '--innodb-flush-log-at-trx-commit=2',
        '--max-connections=500',
      ],
      { stdio: 'ignore' },
    );
    this.child = child;
    await answers(this.url, child);
  }

  /** It neither answers nor closes a connection until it goes on. */
  async hang(): Promise<void> {
    this.child?.kill('SIGSTOP');
    // Each of its threads stops when its turn comes.
    await eventually(() => threadStates(this.child?.pid).every((state) => state === 'T'));
  }

  goOn(): void {
    this.child?.kill('SIGCONT');
  }

  /** Its connections are reset and its port is closed. */
  async kill(): Promise<void> {
    const child = this.child;
    this.child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exit;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Null where no MariaDB server is installed. */
export async function startMariadb(): Promise<PrivateMariadb | null> {
  const server = find('mariadbd');
  const install = find('mariadb-install-db');
  if (!server || !install) return null;
  const folder = mkdtempSync(join(tmpdir(), 'dialplane-mariadb-'));
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
  return ['--no-defaults', ...user, `--datadir=${folder}`];
}

function threadStates(pid: number | undefined): string[] {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).map((task) => {
    const [, after = ''] = readFileSync(`${tasks}/${task}/stat`, 'latin1').split(/\) (?=[A-Z] )/);
    return after.slice(0, 1);
  });
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
