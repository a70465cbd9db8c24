import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Child, onCore } from './child';
import { eventually } from './waiting';

const PROGRAM = resolve(__dirname, '../../src/cli/dialplane.js');
/** The first start may have to build. */
const START_MS = 90_000;

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** The program as an operator runs it: a process, a database of its own, and HTTP. */
export class DialplaneApp {
  private child: Child | null = null;
  private url = '';

  private constructor(
    readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly ownsFolder = true,
    private readonly core?: number,
  ) {}

  static async create(
    nodes: string,
    xmlCurlPassword: string,
    env: NodeJS.ProcessEnv = {},
    core?: number,
  ): Promise<DialplaneApp> {
    const folder = await mkdtemp(join(tmpdir(), 'live-dialplane-'));
    return new DialplaneApp(
      folder,
      {
        PATH: process.env.PATH,
        HOST: '127.0.0.1',
        PORT: '0',
        DATABASE_URL: `sqlite:${join(folder, 'dialplane.db')}`,
        FREESWITCH_NODES: nodes,
        XML_CURL_PASSWORD: xmlCurlPassword,
        RATE_LIMIT_PBX: '0',
        LOG_FORMAT: 'json',
        ...env,
      },
      true,
      core,
    );
  }

  /** Another instance on the same database. Stop it before the first, which owns the files. */
  twin(): DialplaneApp {
    return new DialplaneApp(this.folder, { ...this.env, PORT: '0' }, false);
  }

  get directoryUrl(): string {
    return `${this.url}/freeswitch/directory`;
  }

  /** Runs a command of the program and reads the JSON object it prints. */
  async cli(...args: string[]): Promise<Record<string, unknown>> {
    const options = { cwd: this.folder, env: this.env, timeout: START_MS };
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...args, '--json'], options);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** A tenant, made with more options if there are any, and the bearer token of its administrator. */
  async tenant(domain: string, options: string[] = []): Promise<string> {
    await this.cli('tenant', 'create', '--name', domain, '--domain', domain, ...options);
    const { token } = await this.cli('token', 'create', '--tenant', domain, '--name', 'live');
    return String(token);
  }

  /** Again on the same port: FreeSWITCH knows that one. */
  async serve(): Promise<void> {
    const env = { ...this.env, ...(this.url !== '' && { PORT: new URL(this.url).port }) };
    const program = onCore(this.core, process.execPath, [PROGRAM, 'serve']);
    const child = new Child(...program, { cwd: this.folder, env });
    this.child = child;
    const listening = (): string | undefined => /listening on (http:\/\/[\w.:]+)/.exec(child.output)?.[1];
    try {
      this.url = await eventually('Dialplane listens', listening, START_MS);
    } catch (error) {
      await this.stop();
      throw new Error(`${String(error)}\n${this.outputTail()}`, { cause: error });
    }
  }

  /** Resolves when it has reached every node: what it changes before that, they learn later. */
  async reachesNodes(count: number): Promise<void> {
    const ready = (): number => this.child?.output.split('FreeSWITCH node ready').length ?? 0;
    await eventually('the nodes are reached', () => ready() > count, START_MS);
  }

  /** One request to /api/pbx. */
  request(token: string, method: string, path: string, body?: object): Promise<Answer> {
    return this.send(token, method, `/pbx${path}`, body);
  }

  /** One request to /api; a text is sent as CSV. */
  async send(token: string, method: string, path: string, body?: object | string): Promise<Answer> {
    const type = typeof body === 'string' ? 'text/csv' : 'application/json';
    const response = await fetch(`${this.url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      body: (isJson ? JSON.parse(text) : { text }) as Record<string, unknown>,
    };
  }

  /** Gone without a word; `serve` starts it again. */
  async kill(): Promise<void> {
    await this.child?.stop('SIGKILL');
  }

  /** Hangs: its connections stay open and nothing is answered, until `thaw`. */
  freeze(): void {
    this.child?.signal('SIGSTOP');
  }

  thaw(): void {
    this.child?.signal('SIGCONT');
  }

  outputTail(): string {
    return this.child?.output.split('\n').slice(-40).join('\n') ?? '';
  }

  async stop(): Promise<void> {
    await this.child?.stop();
    if (this.ownsFolder) await rm(this.folder, { recursive: true, force: true });
  }
}
