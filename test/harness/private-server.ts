import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { eventually } from './eventually';

/** A server of the tests' own: a temporary folder, a loopback port, gone when stopped. */
export class PrivateServer {
  private child: ChildProcess | null = null;

  protected constructor(
    protected readonly folder: string,
    protected readonly port: number,
  ) {}

  protected spawn(program: string, options: string[]): ChildProcess {
    this.child = spawn(program, options, { stdio: 'ignore' });
    return this.child;
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

function threadStates(pid: number | undefined): string[] {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).map((task) => {
    const [, after = ''] = readFileSync(`${tasks}/${task}/stat`, 'latin1').split(/\) (?=[A-Z] )/);
    return after.slice(0, 1);
  });
}
