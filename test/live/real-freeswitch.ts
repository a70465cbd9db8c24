import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { FREESWITCH_BIN } from './available';
import { Child, onCore } from './child';
import { eslApi, eslEvents, type EventFilter, type EventLog } from './raw-esl';
import { eventually, freePort } from './waiting';

/** Every place where FreeSWITCH would write or look for something, each an option of the same name. */
const FOLDERS = [
  'log',
  'db',
  'run',
  'temp',
  'storage',
  'recordings',
  'cache',
  'certs',
  'sounds',
  'scripts',
  'htdocs',
  'grammar',
];
export const CONFIGURATION = resolve(__dirname, '../../freeswitch-conf');
const START_MS = 40_000;

export interface FreeSwitchOptions {
  directoryUrl: string;
  username: string;
  password: string;
  eslPort: number;
  eslPassword: string;
  name?: string;
  /** More of what vars.xml reads. */
  env?: NodeJS.ProcessEnv;
  /** Another configuration than the repository's. */
  configuration?: string;
  /** The one core on which it runs; absent: any. */
  core?: number | undefined;
}

/** A FreeSWITCH of its own, on loopback, with the repository's configuration as it is. */
export class RealFreeSwitch {
  private child: Child | null = null;

  private constructor(
    private readonly options: FreeSwitchOptions,
    readonly sipPort: number,
    readonly folder: string,
  ) {}

  static async start(options: FreeSwitchOptions): Promise<RealFreeSwitch> {
    const folder = await mkdtemp(join(tmpdir(), 'live-freeswitch-'));
    for (const name of FOLDERS) await mkdir(join(folder, name));
    const freeswitch = new RealFreeSwitch(options, await freePort(), folder);
    await freeswitch.run();
    return freeswitch;
  }

  api(command: string): Promise<string> {
    return eslApi(this.options.eslPort, this.options.eslPassword, command);
  }

  events(names: string, filters: readonly EventFilter[] = []): Promise<EventLog> {
    return eslEvents(this.options.eslPort, this.options.eslPassword, names, filters);
  }

  /** The files of a folder below `name`, by their paths in it. */
  async files(name: 'recordings' | 'storage'): Promise<string[]> {
    const entries = await readdir(join(this.folder, name), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files.map((entry) => relative(join(this.folder, name), join(entry.parentPath, entry.name)));
  }

  /** The same databases, so the registrations are still there. */
  async restart(): Promise<void> {
    await this.child?.stop();
    await this.run();
  }

  async stop(): Promise<void> {
    await this.child?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** What to read when a test fails. */
  async logTail(lines = 40): Promise<string> {
    const log = await readFile(join(this.folder, 'log', 'freeswitch.log'), 'utf8').catch(() => '(no log)');
    return log.split('\n').slice(-lines).join('\n');
  }

  private async run(): Promise<void> {
    const folders = FOLDERS.flatMap((name) => [`-${name}`, join(this.folder, name)]);
    // -nonat: no question to the router; -nort, -np: neither the clock nor the priority of a machine of its own.
    const args = [
      '-nf',
      '-nc',
      '-nonat',
      '-nort',
      '-np',
      '-conf',
      this.options.configuration ?? CONFIGURATION,
      ...folders,
    ];
    const child = new Child(...onCore(this.options.core, FREESWITCH_BIN, args), { env: this.environment() });
    this.child = child;
    try {
      await eventually('FreeSWITCH is up', () => child.running && this.profileIsUp(), START_MS);
    } catch (error) {
      const log = await this.logTail();
      await this.stop();
      throw new Error(`${String(error)}\n${child.output}\n${log}`, { cause: error });
    }
  }

  private async profileIsUp(): Promise<boolean> {
    return (await this.api('sofia status profile internal')).includes('REGISTRATIONS');
  }

  private environment(): NodeJS.ProcessEnv {
    const { directoryUrl, username, password, eslPort, eslPassword } = this.options;
    return {
      PATH: process.env.PATH,
      DIALPLANE_URL: directoryUrl,
      DIALPLANE_USERNAME: username,
      DIALPLANE_PASSWORD: password,
      ESL_PORT: String(eslPort),
      ESL_PASSWORD: eslPassword,
      SIP_PORT: String(this.sipPort),
      SWITCH_NAME: this.options.name ?? 'live',
      ...this.options.env,
    };
  }
}
