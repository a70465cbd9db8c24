import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, onCore } from './child';
import { CONFIGURATION, RealFreeSwitch } from './real-freeswitch';
import { at, DOMAIN, type Site, XML_CURL_PASSWORD } from './site';
import { type Account } from './sipp';
import { eventually, freePort } from './waiting';

export const ACCOUNTS = 64;
/** `ours` first; the same backend twice shows how far two equals are apart. */
export const TARGETS = ['ours', 'trivial', 'trivial again', 'static'] as const;
export type Target = (typeof TARGETS)[number];

/** FreeSWITCHes with the same users, each of another source: Dialplane, a trivial backend (twice), files. */
export class SpeedTargets {
  readonly accounts: Account[] = [];
  private readonly ports = new Map<Target, number>();
  private readonly stops: (() => Promise<unknown>)[] = [];

  private constructor(
    private readonly site: Site,
    private readonly cores: { freeswitch: number; backend: number } | undefined,
  ) {}

  static async start(site: Site, cores?: { freeswitch: number; backend: number }): Promise<SpeedTargets> {
    const targets = new SpeedTargets(site, cores);
    await targets.begin();
    return targets;
  }

  sipPort(target: Target): number {
    return this.ports.get(target) ?? 0;
  }

  async stop(): Promise<void> {
    await Promise.all(this.stops.map((stop) => stop()));
  }

  private async begin(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'live-speed-'));
    this.stops.push(() => rm(folder, { recursive: true, force: true }));
    const answers: Record<string, string> = {};
    for (let index = 0; index < ACCOUNTS; index++) {
      const account = await this.site.extension(String(7_000 + index));
      this.accounts.push(account);
      answers[account.number] = await this.answerOf(account);
    }
    const directoryUrl = await this.trivialBackend(folder, answers);
    const configuration = await staticConfiguration(folder, Object.values(answers));
    this.ports.set('ours', this.site.freeswitch.sipPort);
    this.ports.set('trivial', await this.freeswitch({ directoryUrl }));
    this.ports.set('trivial again', await this.freeswitch({ directoryUrl }));
    this.ports.set('static', await this.freeswitch({ configuration }));
  }

  /** What Dialplane answers, which is what the others answer too. */
  private async answerOf({ number }: Account): Promise<string> {
    const form = { section: 'directory', key: 'id', user: number, domain: DOMAIN };
    const response = await fetch(this.site.app.directoryUrl, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`freeswitch:${XML_CURL_PASSWORD}`)}` },
      body: new URLSearchParams(form),
    });
    return response.text();
  }

  private async trivialBackend(folder: string, answers: Record<string, string>): Promise<string> {
    const file = join(folder, 'answers.json');
    await writeFile(file, JSON.stringify(answers));
    const script = join(__dirname, 'trivial-backend.js');
    const child = new Child(...onCore(this.cores?.backend, process.execPath, [script, file]));
    this.stops.push(() => child.stop());
    const port = await eventually('the backend', () => /listening on (\d+)/.exec(child.output)?.[1]);
    return `http://127.0.0.1:${port}/`;
  }

  private async freeswitch(more: { directoryUrl?: string; configuration?: string }): Promise<number> {
    const freeswitch = await RealFreeSwitch.start({
      directoryUrl: 'http://127.0.0.1:1/',
      username: 'freeswitch',
      password: XML_CURL_PASSWORD,
      eslPort: await freePort(),
      eslPassword: 'live-esl',
      core: this.cores?.freeswitch,
      ...more,
    });
    this.stops.push(() => freeswitch.stop());
    return freeswitch.sipPort;
  }
}

/** The repository's configuration with the same users in its files, and no question to anybody. */
async function staticConfiguration(folder: string, answers: string[]): Promise<string> {
  const copy = join(folder, 'conf');
  await cp(CONFIGURATION, copy, { recursive: true });
  await rm(join(copy, 'autoload_configs/xml_curl.conf.xml'));
  const users = answers.map((answer) => /<user .*<\/user>/s.exec(answer)?.[0] ?? '');
  const domain = `<section name="directory">\n<domain name="${DOMAIN}">\n${users.join('\n')}\n</domain>\n</section>`;
  const main = join(copy, 'freeswitch.xml');
  const text = await readFile(main, 'utf8');
  await writeFile(
    main,
    text.replace('<section name="directory"/>', () => domain),
  );
  return copy;
}

/** The account that a client registers in its turn. */
export const accountAt = (targets: SpeedTargets, turn: number): Account =>
  at(targets.accounts, turn % ACCOUNTS);
