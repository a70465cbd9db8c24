import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { Logger } from '@nestjs/common';
import { run } from '../../src/cli/run';
import { PATIENCE_MS } from './patience';
import { onceARun } from './run-folder';
import { scratchFolder } from './scratch';

// A command in this process logs nothing, unless an application has set a logger.
Logger.overrideLogger(false);

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

  /**
   * A command in this process, where what it needs is loaded already.
   * @param input what is piped in; without it there is no standard input
   */
  async run(args: string[], environment: Record<string, string> = {}, input?: string): Promise<Outcome> {
    const output = { stdout: '', stderr: '' };
    const io = {
      env: this.environmentWith(environment),
      stdin: Readable.from(input === undefined ? [] : [input]),
      stdout: { write: (text: string) => (output.stdout += text) },
      stderr: { write: (text: string) => (output.stderr += text) },
    };
    const code = await inFolder(this.folder, () => run(args, io));
    return { code, ...output };
  }

  /** The same as a process of its own, as an operator runs it. */
  async execute(args: string[], environment: Record<string, string> = {}, input?: string): Promise<Outcome> {
    const child = await this.spawn(args, environment, input === undefined ? 'ignore' : 'pipe');
    child.stdin?.end(input);
    const output = collect(child);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...output };
  }

  /** `dialplane serve`, once it says where it listens. */
  async serve(environment: Record<string, string> = {}): Promise<Server> {
    const child = await this.spawn(['serve'], { PORT: '0', ...environment });
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

  private environmentWith(more: Record<string, string>): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, LOG_FORMAT: 'json', ...this.environment, ...more };
  }

  private async spawn(
    args: string[],
    environment: Record<string, string>,
    stdin: 'ignore' | 'pipe' = 'ignore',
  ): Promise<ChildProcess> {
    await built();
    return spawn(process.execPath, [LAUNCHER, ...args], {
      cwd: this.folder,
      env: this.environmentWith(environment),
      stdio: [stdin, 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
    });
  }
}

/** Resolves when the program is built; the launcher builds what is older than its sources, one at a time. */
export function built(): Promise<void> {
  return onceARun('build', async () => {
    await promisify(execFile)(process.execPath, [LAUNCHER, '--version']);
  });
}

let last: Promise<unknown> = Promise.resolve();

/** Commands that are to run at once take turns: a process has one working directory. */
function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const turn = last.then(async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      return await work();
    } finally {
      process.chdir(before);
    }
  });
  last = turn.catch(() => undefined);
  return turn;
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
