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
const ROUNDS = 12;
const ROUND_MS = 2_000;
/** Of what FreeSWITCH takes with a trivial backend. */
const GOAL = 0.95;

describeLive('REGISTER/s', { phones: 0, direct: true, dialplane: { DIRECTORY_CACHE_MS: '0' } }, (site) => {
  const accounts: Account[] = [];
  const targets: Record<string, number> = {};
  /** The same at each target in every round: a new address would be one more contact. */
  const phones: Record<string, RawPhone[]> = {};
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
    const directoryUrl = await trivialBackend(folder, answers);
    targets.trivial = await start({ directoryUrl });
    // The same once more: how far two equals are apart is how little may be read into the rest.
    targets['trivial again'] = await start({ directoryUrl });
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

  /** How many REGISTERs of phones that send one after another are accepted, a second. */
  async function registersPerSecond(name: string): Promise<number> {
    const started = performance.now();
    let accepted = 0;
    const client = async (phone: RawPhone, index: number): Promise<void> => {
      for (let turn = index; performance.now() - started < ROUND_MS; turn += CLIENTS) {
        phone.received.length = 0;
        if ((await phone.register(at(accounts, turn % ACCOUNTS))) === 200) accepted++;
      }
    };
    await Promise.all((phones[name] ?? []).map(client));
    return accepted / ((performance.now() - started) / 1_000);
  }

  it('beside a trivial backend and static files', async () => {
    const names = Object.keys(targets);
    for (const name of names) {
      const sipPort = targets[name] ?? 0;
      phones[name] = await Promise.all(Array.from({ length: CLIENTS }, () => RawPhone.udp(sipPort)));
      // Warms up.
      await registersPerSecond(name);
    }
    const rounds: Record<string, number>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const rates: Record<string, number> = {};
      // Each comes first, second … equally often.
      for (let turn = 0; turn < names.length; turn++) {
        const name = at(names, (round + turn) % names.length);
        rates[name] = await registersPerSecond(name);
      }
      rounds.push(rates);
    }
    for (const name of names) {
      site().findings.note(
        `REGISTER/s, ${name}: least, median, most`,
        spread(rounds.map((rates) => rates[name])),
      );
      for (const phone of phones[name] ?? []) phone.close();
    }
    const toTrivial = (name: string): number[] =>
      rounds.map((rates) => (rates[name] ?? 0) / (rates.trivial ?? 1));
    site().findings.note('trivial again to trivial, round by round', spread(toTrivial('trivial again'), 3));
    const what = `ours to trivial, round by round (goal: median ${GOAL})`;
    site().findings.note(what, spread(toTrivial('ours'), 3));
    // The rounds alone take most of two minutes.
  }, 240_000);
});

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (at(sorted, Math.ceil(half) - 1) + at(sorted, Math.floor(half))) / 2;
}

function spread(values: readonly (number | undefined)[], digits = 0): string {
  const known = values.map((value) => value ?? 0);
  return [Math.min(...known), median(known), Math.max(...known)]
    .map((value) => value.toFixed(digits))
    .join(' / ');
}
