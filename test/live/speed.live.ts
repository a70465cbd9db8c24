import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { RawPhone } from './raw-phone';
import { at, describeLive, type Site } from './site';
import { accountAt, SpeedTargets, type Target, TARGETS } from './speed-targets';

const CLIENTS = 8;
const ROUNDS = 12;
const ROUND_MS = 2_000;
/** What most phones ask for. */
const EXPIRES_S = 3_600;
/** The load comes from the backend's core: FreeSWITCH has its own to itself. */
const APART = { freeswitch: 0, backend: 1 };

interface Setting {
  what: string;
  /** The median share of what FreeSWITCH takes with a trivial backend in the same round. */
  goal: number;
  dialplane?: NodeJS.ProcessEnv;
  cores?: typeof APART;
}

const NO_CACHE = { DIRECTORY_CACHE_MS: '0' };
const SETTINGS: Setting[] = [
  { what: 'default cache', goal: 0.95 },
  { what: 'no cache', goal: 0.9, dialplane: NO_CACHE },
  { what: 'no cache, cores apart', goal: 0.95, dialplane: NO_CACHE, cores: APART },
];

type Rates = Record<Target, number>;

const rows: string[][] = [];
afterAll(() => {
  const head = ['setting', ...TARGETS, 'ours / trivial', 'goal', 'trivial again / trivial'];
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  const table = [line(head), line(head.map(() => '---')), ...rows.map(line)];
  process.stderr.write(`\nREGISTER/s and their ratios, least / median / most of ${ROUNDS} rounds\n`);
  process.stderr.write(`${table.join('\n')}\n`);
});

describe.each(SETTINGS)('REGISTER/s, $what', ({ what, goal, dialplane = {}, cores }) => {
  describeLive(
    'beside a trivial backend and static files',
    { phones: 0, direct: true, dialplane, cores },
    (site) => {
      let measured: Measured;
      beforeAll(async () => {
        measured = await Measured.start(site(), cores);
      }, 240_000);
      afterAll(() => measured.stop());

      it('round by round', async () => {
        const rounds = await measured.rounds();
        const toTrivial = (target: Target): number[] => rounds.map((rates) => rates[target] / rates.trivial);
        const rates = TARGETS.map((target) => spread(rounds.map((each) => each[target])));
        const ratios = [spread(toTrivial('ours'), 2), String(goal), spread(toTrivial('trivial again'), 2)];
        rows.push([what, ...rates, ...ratios]);
        // The rounds alone take most of two minutes.
      }, 300_000);
    },
  );
});

/** The targets, and phones that stay: a new address would be one more contact. */
class Measured {
  private constructor(
    private readonly targets: SpeedTargets,
    private readonly phones: Map<Target, RawPhone[]>,
    private readonly isPinned: boolean,
  ) {}

  static async start(site: Site, cores?: typeof APART): Promise<Measured> {
    const targets = await SpeedTargets.start(site, cores);
    if (cores) pin(String(cores.backend));
    const phones = new Map<Target, RawPhone[]>();
    for (const target of TARGETS) {
      const open = (): Promise<RawPhone> => RawPhone.udp(targets.sipPort(target));
      phones.set(target, await Promise.all(Array.from({ length: CLIENTS }, open)));
    }
    return new Measured(targets, phones, cores !== undefined);
  }

  async stop(): Promise<void> {
    if (this.isPinned) pin(`0-${cpus().length - 1}`);
    for (const phone of [...this.phones.values()].flat()) phone.close();
    await this.targets.stop();
  }

  /** Each target comes first, second … equally often. */
  async rounds(): Promise<Rates[]> {
    for (const target of TARGETS) await this.registersPerSecond(target);
    const rounds: Rates[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const rates: Rates = { ours: 0, trivial: 0, 'trivial again': 0, static: 0 };
      for (let turn = 0; turn < TARGETS.length; turn++) {
        const target = at(TARGETS, (round + turn) % TARGETS.length);
        rates[target] = await this.registersPerSecond(target);
      }
      rounds.push(rates);
    }
    return rounds;
  }

  /** How many REGISTERs of phones that send one after another are accepted, a second. */
  private async registersPerSecond(target: Target): Promise<number> {
    const started = performance.now();
    let accepted = 0;
    const client = async (phone: RawPhone, index: number): Promise<void> => {
      for (let turn = index; performance.now() - started < ROUND_MS; turn += CLIENTS) {
        phone.received.length = 0;
        if ((await phone.register(accountAt(this.targets, turn), EXPIRES_S)) === 200) accepted++;
      }
    };
    await Promise.all((this.phones.get(target) ?? []).map(client));
    return accepted / ((performance.now() - started) / 1_000);
  }
}

/** Keeps this process, with its threads, on those cores. */
function pin(cores: string): void {
  const { status, stderr } = spawnSync('taskset', ['-acp', cores, String(process.pid)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`taskset: ${stderr}`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (at(sorted, Math.ceil(half) - 1) + at(sorted, Math.floor(half))) / 2;
}

function spread(values: readonly number[], digits = 0): string {
  const figures = [Math.min(...values), median(values), Math.max(...values)];
  return figures.map((value) => value.toFixed(digits)).join(' / ');
}
