import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XML_CURL_PASSWORD } from '../harness/dialplane';
import { freePort } from '../harness/free-port';
import { APP_KEY } from './databases';

/** The unit of /proc. */
const TICK_US = 10_000;
const START_DEADLINE_MS = 30_000;
const BUILT = join(__dirname, '..', '..');

export interface Memory {
  rss: number;
  heapUsed: number;
}

/** A server under load, in a process of its own, in an empty folder, saying nothing. */
export class Server {
  private static readonly running = new Set<Server>();

  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** Dialplane as in production, but for the heap's being looked at when `watched`. */
  static dialplane(databaseUrl: string, { watched = false, nodes = '' } = {}): Promise<Server> {
    const settings = {
      ...{ DATABASE_URL: databaseUrl, APP_KEY, XML_CURL_PASSWORD, FREESWITCH_NODES: nodes },
      RATE_LIMIT_PBX: '1000000',
    };
    const execArgv = watched ? ['--expose-gc', '--require', join(__dirname, 'tell-memory.js')] : [];
    const program = join(BUILT, 'src', 'cli', 'main.js');
    return Server.start(program, ['serve'], { ...settings, LOG_FORMAT: 'json', LOG_LEVEL: 'info' }, execArgv);
  }

  /** A bare server; without a database one that asks none. */
  static baseline(answer: string, databaseUrl = ''): Promise<Server> {
    return Server.start(join(__dirname, 'baseline.js'), [], { ANSWER: answer, DATABASE_URL: databaseUrl });
  }

  /** A bare server of one extension of the API, over MariaDB. */
  static bareApi(databaseUrl: string): Promise<Server> {
    return Server.start(join(__dirname, 'baseline-api.js'), [], { DATABASE_URL: databaseUrl });
  }

  private static async start(
    program: string,
    parameters: string[],
    environment: Record<string, string>,
    execArgv: string[] = [],
  ): Promise<Server> {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'dialplane-bench-'));
    const env = { PATH: process.env.PATH, NODE_ENV: 'production', PORT: String(port), ...environment };
    const stdio: ('ignore' | 'inherit' | 'ipc')[] = ['ignore', 'ignore', 'inherit', 'ipc'];
    const child = fork(program, parameters, { cwd: folder, env, execArgv, stdio });
    const server = new Server(port, child, folder);
    Server.running.add(server);
    await server.listens();
    return server;
  }

  /** After a full garbage collection; of a watched server. */
  async memory(): Promise<Memory> {
    const told = once(this.child, 'message') as Promise<[Memory]>;
    this.child.send('memory');
    return (await told)[0];
  }

  /** How late its event loop was since the last asking, in ms; of a watched server. */
  async loopDelay(): Promise<{ p99: number; max: number }> {
    const told = once(this.child, 'message') as Promise<[{ p99: number; max: number }]>;
    this.child.send('delay');
    return (await told)[0];
  }

  /** The processor time it has taken so far, where the system tells (Linux). */
  cpuMicroseconds(): number {
    try {
      const [, after = ''] = readFileSync(`/proc/${this.child.pid}/stat`, 'latin1').split(') ');
      const [user, system] = after.split(' ').slice(11, 13);
      return (Number(user) + Number(system)) * TICK_US;
    } catch {
      return NaN;
    }
  }

  static async stopAll(): Promise<void> {
    await Promise.all([...Server.running].map((server) => server.stop()));
  }

  async stop(): Promise<void> {
    Server.running.delete(this);
    const exit = this.child.exitCode === null ? once(this.child, 'exit') : null;
    this.child.kill('SIGKILL');
    await exit;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async listens(): Promise<void> {
    const deadline = Date.now() + START_DEADLINE_MS;
    while (!(await answers(this.port))) {
      if (this.child.exitCode !== null || Date.now() > deadline) throw new Error('A server did not start.');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
