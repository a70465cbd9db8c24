import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child';
import { RawPhone } from './raw-phone';
import { CONFIGURATION, RealFreeSwitch } from './real-freeswitch';
import { at, describeLive, DOMAIN, XML_CURL_PASSWORD } from './site';
import { type Account } from './sipp';
import { eventually, freePort } from './waiting';

const ACCOUNTS = 64;
const CLIENTS = 8;
const ROUNDS = 5;
const ROUND_MS = 3_000;
/** Of what FreeSWITCH takes with a trivial backend. */
const GOAL = 0.95;

describeLive('REGISTER/s', { phones: 0, direct: true, dialplane: { DIRECTORY_CACHE_MS: '0' } }, (site) => {
  const accounts: Account[] = [];
  const targets: Record<string, number> = {};
  const stops: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'live-speed-'));
    stops.push(() => rm(folder, { recursive: true, force: true }));
    for (let index = 0; index < ACCOUNTS; index++)
      accounts.push(await site().extension(String(7_000 + index)));
    const answers = Object.fromEntries(
      await Promise.all(accounts.map(async ({ number }) => [number, await answerOf(number)] as const)),
    );
    targets.ours = site().freeswitch.sipPort;
    // A node that Dialplane does not know: it answers lookups and hears no events.
    targets['ours, lookups only'] = await start({ directoryUrl: site().app.directoryUrl });
    targets.trivial = await start({ directoryUrl: await trivialBackend(folder, answers) });
    targets.static = await start({
      configuration: await staticConfiguration(folder, Object.values(answers)),
    });
  });
  afterAll(() => Promise.all(stops.map((stop) => stop())));

  async function answerOf(number: string): Promise<string> {
    const form = { section: 'directory', key: 'id', user: number, domain: DOMAIN };
    const response = await fetch(site().app.directoryUrl, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`freeswitch:${XML_CURL_PASSWORD}`)}` },
      body: new URLSearchParams(form),
    });
    return response.text();
  }

  async function trivialBackend(folder: string, answers: Record<string, string>): Promise<string> {
    const file = join(folder, 'answers.json');
    await writeFile(file, JSON.stringify(answers));
    const child = new Child(process.execPath, [join(__dirname, 'trivial-backend.js'), file]);
    stops.push(() => child.stop());
    const port = await eventually('the backend', () => /listening on (\d+)/.exec(child.output)?.[1]);
    return `http://127.0.0.1:${port}/`;
  }

  /** The repository's configuration with the same users in its files, and no question to anybody. */
  async function staticConfiguration(folder: string, answers: string[]): Promise<string> {
    const copy = join(folder, 'conf');
    await cp(CONFIGURATION, copy, { recursive: true });
    await rm(join(copy, 'autoload_configs/xml_curl.conf.xml'));
    const users = answers.map((answer) => /<user .*<\/user>/s.exec(answer)?.[0] ?? '');
    const domain = `<section name="directory">\n<domain name="${DOMAIN}">\n${users.join('\n')}\n</domain>\n</section>`;
    const main = join(copy, 'freeswitch.xml');
    await writeFile(
      main,
      (await readFile(main, 'utf8')).replace('<section name="directory"/>', () => domain),
    );
    return copy;
  }

  async function start(more: { directoryUrl?: string; configuration?: string }): Promise<number> {
    const freeswitch = await RealFreeSwitch.start({
      directoryUrl: 'http://127.0.0.1:1/',
      username: 'freeswitch',
      password: XML_CURL_PASSWORD,
      eslPort: await freePort(),
      eslPassword: 'live-esl',
      ...more,
    });
    stops.push(() => freeswitch.stop());
    return freeswitch.sipPort;
  }

  /** How many of `CLIENTS` phones that register one after another are let in, a second. */
  async function registersPerSecond(sipPort: number): Promise<number> {
    const started = performance.now();
    let accepted = 0;
    const client = async (index: number): Promise<void> => {
      const phone = await RawPhone.udp(sipPort);
      for (let turn = index; performance.now() - started < ROUND_MS; turn += CLIENTS) {
        phone.received.length = 0;
        if ((await phone.register(at(accounts, turn % ACCOUNTS))) === 200) accepted++;
      }
      phone.close();
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
    return accepted / ((performance.now() - started) / 1_000);
  }

  it('is what FreeSWITCH takes with a trivial backend', async () => {
    const seen: Record<string, number[]> = {};
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, sipPort] of Object.entries(targets)) {
        const rate = await registersPerSecond(sipPort);
        // The first round warms up.
        if (round > 0) (seen[name] ??= []).push(rate);
      }
    }
    const median = (name: string): number =>
      at(
        [...(seen[name] ?? [])].sort((a, b) => a - b),
        (ROUNDS - 1) / 2,
      );
    for (const name of Object.keys(targets)) {
      site().findings.note(`REGISTER/s, ${name}, median of ${ROUNDS} rounds`, median(name).toFixed(0));
    }
    const ratio = median('ours') / median('trivial');
    site().findings.note('ours to trivial', ratio.toFixed(3));
    site().check(`at least ${GOAL}`, ratio >= GOAL, true);
  });
});
