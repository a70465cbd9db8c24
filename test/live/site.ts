import { liveToolsAvailable } from './available';
import { type Answer, DialplaneApp } from './dialplane-app';
import { Findings } from './findings';
import { RealFreeSwitch } from './real-freeswitch';
import { type Account, Phone } from './sipp';
import { SlowWire } from './slow-wire';
import { eventually, freePort } from './waiting';

export const DOMAIN = 'live.test';
export const OTHER_DOMAIN = 'other.test';
export const XML_CURL_PASSWORD = 'live-xml-curl';
const ESL_PASSWORD = 'live-esl';

interface SiteOptions {
  phones?: number;
  /** How many FreeSWITCH processes, each on ports of its own. */
  nodes?: number;
  /** A second Dialplane on the same database, for the second binding. */
  second?: boolean;
  /** FreeSWITCH asks Dialplane itself, not through the wire on which answers can be held up. */
  direct?: boolean;
  /** Another configuration of FreeSWITCH than the repository's. */
  configuration?: string;
  /** What the programs find in their environment beside the usual. */
  freeswitch?: NodeJS.ProcessEnv;
  dialplane?: NodeJS.ProcessEnv;
  /** The one core on which FreeSWITCH runs, and that of Dialplane; absent: any. */
  cores?: { freeswitch: number; backend: number } | undefined;
  /** Options of `tenant create` for the first tenant. */
  limits?: string[];
}

/** Dialplane with two tenants, FreeSWITCH and phones, and what a test does with them. */
export class Site {
  readonly findings = new Findings();
  readonly switches: RealFreeSwitch[] = [];
  readonly phones: Phone[] = [];
  token = '';
  otherToken = '';

  private constructor(
    readonly app: DialplaneApp,
    readonly second: DialplaneApp | null,
    readonly wire: SlowWire,
  ) {}

  static async start(options: SiteOptions): Promise<Site> {
    const eslPorts = await Promise.all(Array.from({ length: options.nodes ?? 1 }, () => freePort()));
    const nodes = eslPorts.map((port, index) => `esl://:${ESL_PASSWORD}@127.0.0.1:${port}?name=fs${index}`);
    const { dialplane, cores } = options;
    const app = await DialplaneApp.create(nodes.join(' '), XML_CURL_PASSWORD, dialplane, cores?.backend);
    const [token, otherToken] = [await app.tenant(DOMAIN, options.limits), await app.tenant(OTHER_DOMAIN)];
    // Dialplane first: it must cope with a switch that is not there yet.
    await app.serve();
    const direct = new URL(app.directoryUrl);
    const second = options.second ? app.twin() : null;
    await second?.serve();
    const site = new Site(app, second, await SlowWire.start(Number(direct.port)));
    Object.assign(site, { token, otherToken });
    const env = { ...options.freeswitch, ...(second && { DIALPLANE_URL_2: second.directoryUrl }) };
    for (const [index, eslPort] of eslPorts.entries()) {
      const freeswitch = await RealFreeSwitch.start({
        directoryUrl: options.direct
          ? app.directoryUrl
          : `http://127.0.0.1:${site.wire.port}${direct.pathname}`,
        username: 'freeswitch',
        password: XML_CURL_PASSWORD,
        eslPort,
        eslPassword: ESL_PASSWORD,
        name: `live${index}`,
        ...(options.configuration && { configuration: options.configuration }),
        core: cores?.freeswitch,
        env,
      });
      site.switches.push(freeswitch);
    }
    for (const each of [app, second]) await each?.reachesNodes(eslPorts.length);
    for (let index = 0; index < (options.phones ?? 3); index++) {
      site.phones.push(await Phone.create(site.freeswitch.sipPort));
    }
    return site;
  }

  get freeswitch(): RealFreeSwitch {
    return at(this.switches, 0);
  }

  phone(index: number): Phone {
    return at(this.phones, index);
  }

  check(what: string, seen: unknown, expected: unknown): void {
    this.findings.check(what, seen, expected);
  }

  api(method: string, path: string, body?: object): Promise<Answer> {
    return this.app.request(this.token, method, path, body);
  }

  async extension(number: string, more: object = {}, domain = DOMAIN): Promise<Account> {
    const token = domain === DOMAIN ? this.token : this.otherToken;
    const given = { extension_number: number, ...more };
    const { status, body } = await this.app.request(token, 'POST', '/extensions', given);
    if (status !== 201) throw new Error(`extension ${number}: ${status} ${JSON.stringify(body)}`);
    return { number, domain, password: (body.data as { sip_password: string }).sip_password };
  }

  async statusOf(number: string): Promise<unknown> {
    const { body } = await this.api('GET', `/extensions/${number}`);
    return (body.data as Record<string, unknown>).sip_registration;
  }

  /** The status once it is that; else what it is after the deadline. */
  async statusWithin(number: string, wanted: string): Promise<unknown> {
    const reached = eventually('status', async () => (await this.statusOf(number)) === wanted && wanted);
    return reached.catch(() => this.statusOf(number));
  }

  /** What FreeSWITCH itself holds for the extension. */
  async contactsOf({ number, domain }: Account, freeswitch = this.freeswitch): Promise<number> {
    const xml = await freeswitch.api('sofia xmlstatus profile internal reg');
    const fields = `<sip-auth-user>${number}</sip-auth-user>\\s*<sip-auth-realm>${domain}</sip-auth-realm>`;
    return xml.match(new RegExp(fields, 'g'))?.length ?? 0;
  }

  /** How many messages FreeSWITCH has in an extension's mailbox. @param which new, saved or all */
  async messagesOf(number: string, which: string): Promise<string> {
    const mailbox = await this.freeswitch.api(`user_data ${number}@${DOMAIN} var dialplane_mailbox`);
    return (await this.freeswitch.api(`vm_boxcount ${mailbox.trim()}@${DOMAIN}|${which}`)).trim();
  }

  /** Resolves when FreeSWITCH has no call left. */
  async quiet(freeswitch = this.freeswitch): Promise<void> {
    await eventually('no calls', async () =>
      /^\s*0 total/m.test(await freeswitch.api('show channels count')),
    );
  }

  async stop(): Promise<void> {
    this.findings.print();
    await Promise.all(this.phones.map((phone) => phone.destroy()));
    await Promise.all(this.switches.map((freeswitch) => freeswitch.stop()));
    this.wire.stop();
    await this.second?.stop();
    await this.app.stop();
  }

  async showLogs(): Promise<void> {
    for (const freeswitch of this.switches) process.stderr.write(`${await freeswitch.logTail()}\n`);
    process.stderr.write(`${this.app.outputTail()}\n`);
  }
}

/** A suite with a site of its own; skipped, aloud, where FreeSWITCH or sipp is missing. */
export function describeLive(
  title: string,
  options: SiteOptions | (() => Promise<SiteOptions>),
  body: (site: () => Site) => void,
): void {
  (liveToolsAvailable() ? describe : describe.skip)(title, () => {
    let site: Site | undefined;
    const started = (): Site => {
      if (!site) throw new Error('the site did not start');
      return site;
    };
    beforeAll(async () => {
      site = await Site.start(typeof options === 'function' ? await options() : options);
    });
    afterEach(async () => {
      const { assertionCalls, numPassingAsserts } = expect.getState();
      if (assertionCalls > numPassingAsserts) await site?.showLogs();
    });
    afterAll(() => site?.stop());
    body(started);
  });
}

export function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`none at ${index}`);
  return found;
}
