import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PATIENCE_MS } from './patience';
import { scratchFolder } from './scratch';

const LAUNCHER = join(__dirname, '../../src/cli/dialplane.js');

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A folder in which Dialplane is run as an operator runs it, with nothing of our own environment. */
export class CommandLine {
  readonly folder = scratchFolder('cli');
  private readonly servers: ChildProcess[] = [];

  constructor(private readonly environment: Record<string, string> = {}) {}

  /** @param input what is piped in; without it there is no standard input */
  async run(args: string[], environment: Record<string, string> = {}, input?: string): Promise<Outcome> {
    const child = this.spawn(args, environment, input === undefined ? 'ignore' : 'pipe');
    child.stdin?.end(input);
    const output = collect(child);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...output };
  }

  /** `dialplane serve`, once it says where it listens. */
  async serve(environment: Record<string, string> = {}): Promise<Server> {
    const child = this.spawn(['serve'], { PORT: '0', ...environment });
    this.servers.push(child);
    const output = collect(child);
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout?.on('data', () => {
        const [, found] = /listening on (http:\/\/\S+)\n/.exec(output.stdout) ?? [];
        // The demo's words follow in the same breath, or never.
        if (found) setImmediate(() => resolve(found));
      });
      child.once('close', () => reject(new Error(`it did not start: ${output.stderr}`)));
    });
    return { url, output, child };
  }

  async stop(): Promise<void> {
    for (const child of this.servers) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private spawn(
    args: string[],
    environment: Record<string, string>,
    stdin: 'ignore' | 'pipe' = 'ignore',
  ): ChildProcess {
    return spawn(process.execPath, [LAUNCHER, ...args], {
      cwd: this.folder,
      env: { PATH: process.env.PATH, LOG_FORMAT: 'json', ...this.environment, ...environment },
      stdio: [stdin, 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
    });
  }
}

export interface Server {
  url: string;
  output: { stdout: string; stderr: string };
  child: ChildProcess;
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  return output;
}
