import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SIPP_BIN } from './available';
import { Child } from './child';
import { pressInMedia } from './rtp-keys';
import { eventually, freePort, udpPortTaken } from './waiting';

const RUN_MS = 40_000;
/** Where strangers call from: on loopback, but no phone's address. */
const STRANGERS_IP = '127.0.0.66';

export interface Account {
  number: string;
  domain: string;
  password: string;
}

/** A SIP phone on loopback, played by sipp: it registers, calls, and is called. */
export class Phone {
  private constructor(
    private readonly sipPort: number,
    private readonly folder: string,
    /** Where it is called; its Contact. */
    readonly port: number,
  ) {}

  static async create(sipPort: number, port?: number): Promise<Phone> {
    const folder = await mkdtemp(join(tmpdir(), 'live-phone-'));
    await writeFile(join(folder, 'tone.alaw'), tone());
    return new Phone(sipPort, folder, port ?? (await freePort()));
  }

  async destroy(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The last status, 200 or a refusal. With `contact` the phone claims to be somewhere else. */
  async register(account: Account, { expires = 300, contact = '' } = {}): Promise<number> {
    const keys = {
      contact: contact || `sip:${account.number}@127.0.0.1:${this.port}`,
      expires: String(expires),
    };
    return this.play('register', account, keys);
  }

  unregister(account: Account): Promise<number> {
    return this.register(account, { expires: 0 });
  }

  /** Calls and hangs up after `holdMs`. What it says of itself in From is a lie, which nobody may believe. */
  call(account: Account, number: string, holdMs = 0, domain = account.domain): Promise<number> {
    const keys = { number, dialled: domain, display: '"Somebody Else"' };
    return this.play('call', account, keys, ['-d', String(holdMs)]);
  }

  /** Calls, makes a sound for `holdMs` and hangs up. */
  speak(account: Account, number: string, holdMs: number): Promise<number> {
    const sound = `<exec rtp_stream="${join(this.folder, 'tone.alaw')},-1,8"/>`;
    return this.play('call', account, { number, display: '' }, ['-d', String(holdMs)], step(sound));
  }

  /** Calls, presses the keys (a blank: waits a second), and hangs up. */
  async press(account: Account, number: string, keys: string): Promise<number> {
    const holdMs = (keys.length + 2) * 1_000;
    let media = 0;
    const call = this.play('call', account, { number, display: '' }, ['-d', String(holdMs)], '', (trace) => {
      media = Number(/^SIP\/2.0 200[^]*?^m=audio (\d+)/m.exec(trace)?.[1] ?? 0);
      return media > 0;
    });
    await Promise.race([call, eventually('the media of the call', () => media > 0, RUN_MS)]);
    await pressInMedia(media, keys);
    return call;
  }

  /** From now on it is called: it answers, or is busy. */
  async listen(scenario: 'answer' | 'busy' | 'ring' = 'answer'): Promise<CalledPhone> {
    const files = await this.files('called');
    const args = ['-p', String(this.port), ...files.args];
    const child = new Child(SIPP_BIN, [...(await commonArgs(scenarioFile(scenario))), ...args]);
    await eventually('sipp listens', () => child.running && udpPortTaken(this.port));
    return new CalledPhone(child, files.log, files.messages);
  }

  private async play(
    scenario: string,
    { number, domain, password }: Account,
    keys: Record<string, string>,
    more: string[] = [],
    media = '',
    heard: (trace: string) => boolean = () => true,
  ): Promise<number> {
    const files = await this.files(scenario);
    const text = await readFile(scenarioFile(scenario), 'utf8');
    const file = join(this.folder, `${scenario}-${randomUUID()}.xml`);
    await writeFile(file, text.replace('<!-- MEDIA -->', media));
    const child = new Child(SIPP_BIN, [
      `127.0.0.1:${this.sipPort}`,
      ...(await commonArgs(file)),
      ...[
        '-p',
        String(await this.portFor(scenario)),
        '-m',
        '1',
        '-s',
        number,
        '-au',
        number,
        '-ap',
        password,
      ],
      ...Object.entries({ domain, dialled: domain, ...keys }).flatMap(([key, value]) => ['-key', key, value]),
      ...files.args,
      ...more,
    ]);
    const finished = child.finished(RUN_MS);
    await Promise.race([
      finished,
      eventually('sipp hears', async () => heard(await read(files.messages)), RUN_MS),
    ]);
    const code = await finished;
    const status = /STATUS (\d{3})/.exec(await read(files.log))?.[1];
    if (code !== 0 || status === undefined) {
      const trace = await readFile(files.messages, 'utf8').catch(() => '(no messages)');
      throw new Error(
        `sipp ${scenario} exited with ${code}\n${child.output.slice(-500)}\n${trace.slice(-2_000)}`,
      );
    }
    return Number(status);
  }

  /** A phone is called where its REGISTER came from. */
  private async portFor(scenario: string): Promise<number> {
    return scenario === 'register' && !(await udpPortTaken(this.port)) ? this.port : freePort();
  }

  private async files(name: string): Promise<{ log: string; messages: string; args: string[] }> {
    const folder = await mkdtemp(join(this.folder, `${name}-`));
    const [log, messages] = [join(folder, 'log'), join(folder, 'messages')];
    return {
      log,
      messages,
      args: ['-trace_logs', '-log_file', log, '-trace_msg', '-message_file', messages],
    };
  }
}

/** Calls without a password, `perSecond` of them until stopped, two minutes at most; none of them waits for another. */
export class Strangers {
  private constructor(private readonly child: Child) {}

  static async start(sipPort: number, domain: string, perSecond: number): Promise<Strangers> {
    const args = await commonArgs(scenarioFile('stranger'), STRANGERS_IP, '240s');
    const child = new Child(SIPP_BIN, [
      `127.0.0.1:${sipPort}`,
      ...args,
      ...['-p', String(await freePort()), '-s', '1001', '-key', 'domain', domain, '-key', 'number', '1002'],
      ...['-r', String(perSecond), '-l', '100000'],
    ]);
    return new Strangers(child);
  }

  get calling(): boolean {
    return this.child.running;
  }

  async stop(): Promise<void> {
    await this.child.stop('SIGKILL');
  }
}

/** A phone that waits for one call. */
export class CalledPhone {
  constructor(
    private readonly child: Child,
    private readonly log: string,
    private readonly messages: string,
  ) {}

  /** The first INVITE that came, once the call is over. */
  async call(deadlineMs = 10_000): Promise<{ displayName: string | null; from: string; invite: string }> {
    await eventually(
      'the call to the phone',
      async () => (await readFile(this.log, 'utf8')).includes('DONE'),
      deadlineMs,
    );
    const invite = firstInvite(await readFile(this.messages, 'utf8'));
    const [, quoted, from] = /^From: ?(?:"((?:[^"\\]|\\.)*)" ?)?<([^>]*)>;tag=\S+$/m.exec(invite) ?? [];
    if (from === undefined) throw new Error(`From cannot be read:\n${invite}`);
    return { displayName: quoted?.replace(/\\(.)/gsu, '$1') ?? null, from, invite };
  }

  async invited(): Promise<boolean> {
    return firstInvite(await readFile(this.messages, 'utf8').catch(() => '')) !== '';
  }

  async hangUp(): Promise<void> {
    await this.child.stop('SIGKILL');
  }
}

function firstInvite(trace: string): string {
  const start = trace.indexOf('INVITE sip:');
  return start < 0 ? '' : (trace.slice(start).split(/\r?\n\r?\n/)[0] ?? '').replaceAll('\r', '');
}

/** What a file holds by now. */
const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');

const scenarioFile = (name: string): string => join(__dirname, 'scenarios', `${name}.xml`);

const step = (action: string): string => `<nop><action>${action}</action></nop>`;

/** A second of 400 Hz, loud, in G.711 A-law: 20 bytes are one wave. */
function tone(): Buffer {
  return Buffer.alloc(8_000, Buffer.from([...Array<number>(10).fill(0xaa), ...Array<number>(10).fill(0x2a)]));
}

async function commonArgs(file: string, address = '127.0.0.1', timeout = '30s'): Promise<string[]> {
  // -aa answers the OPTIONS and NOTIFY that come in between; the timeout is for a sipp that hangs.
  return [
    '-sf',
    file,
    '-i',
    address,
    '-mp',
    String(await freePort()),
    '-nostdin',
    '-aa',
    '-timeout',
    timeout,
    '-timeout_error',
  ];
}
