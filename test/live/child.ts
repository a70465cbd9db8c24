import { type ChildProcess, spawn } from 'node:child_process';

const SIGKILL_AFTER_MS = 10_000;

/** A program and its arguments, to be run on one core (Linux); undefined: on any. */
export function onCore(core: number | undefined, program: string, args: string[]): [string, string[]] {
  return core === undefined ? [program, args] : ['taskset', ['-c', String(core), program, ...args]];
}

/** A child process that cannot outlive the suite, and what it said. */
export class Child {
  output = '';
  private readonly process: ChildProcess;
  private readonly exited: Promise<void>;
  private readonly kill = (): void => void this.process.kill('SIGKILL');

  constructor(program: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
    this.process = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const hear = (text: Buffer): void => void (this.output += text.toString());
    this.process.stdout?.on('data', hear);
    this.process.stderr?.on('data', hear);
    this.process.on('error', (error) => void (this.output += error.message));
    process.once('exit', this.kill);
    this.exited = new Promise((resolve) => this.process.once('close', () => resolve()));
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Its exit code, or null when it had to be ended. */
  async finished(deadlineMs: number): Promise<number | null> {
    const timer = setTimeout(this.kill, deadlineMs);
    await this.exited;
    clearTimeout(timer);
    process.removeListener('exit', this.kill);
    return this.process.exitCode;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.process.kill(signal);
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.running) this.process.kill(signal);
    await this.finished(SIGKILL_AFTER_MS);
  }
}
