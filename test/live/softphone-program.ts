import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account } from './sipp';
import { eventually, freePort } from './waiting';

const STARTS_MS = 20_000;
const HEARS_MS = 15_000;
const SIGKILL_AFTER_MS = 5_000;
const BARESIP_MODULES = '/usr/lib/baresip/modules';

/** Whether the program is installed; when not, says so aloud. */
export function isInstalled(program: 'baresip' | 'linphonec'): boolean {
  const found = spawnSync('which', [program], { stdio: 'ignore' }).status === 0;
  if (!found) process.stderr.write(`LIVE SUITE: ${program} is not installed; its part is skipped.\n`);
  return found;
}

/** A program that people call with: a child process with a home of its own, on loopback. */
export abstract class SoftphoneProgram {
  private said = '';
  /** Where what it said next begins. */
  private heard = 0;
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;
  private readonly kill = (): void => void this.child.kill('SIGKILL');

  protected constructor(
    program: string,
    args: string[],
    private readonly home: string,
    readonly account: Account,
  ) {
    this.child = spawn(program, args, { env: { PATH: process.env.PATH, HOME: home }, stdio: 'pipe' });
    this.child.stdout?.on('data', (text: Buffer) => this.hear(text));
    this.child.stderr?.on('data', (text: Buffer) => this.hear(text));
    this.child.stdin?.on('error', () => undefined);
    this.exited = once(this.child, 'close');
    process.once('exit', this.kill);
  }

  /** Has it call, answer, hang up. @param number of an extension in its own domain */
  abstract call(number: string): void;
  abstract answer(): void;
  abstract hangUp(): void;
  /** Blind, of the call that is up. */
  abstract transfer(number: string): void;

  /** Resolves when it has said, since the last time, what matches. */
  async says(pattern: RegExp, deadlineMs = HEARS_MS): Promise<string> {
    const match = await eventually(
      `${this.account.number} says ${String(pattern)}`,
      () => pattern.exec(this.said.slice(this.heard)),
      deadlineMs,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.said.slice(-3_000)}`, { cause: error });
    });
    this.heard += match.index + match[0].length;
    return match[0];
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const timer = setTimeout(this.kill, SIGKILL_AFTER_MS);
    if (this.child.exitCode === null && this.child.signalCode === null) await this.exited;
    clearTimeout(timer);
    process.removeListener('exit', this.kill);
    rmSync(this.home, { recursive: true, force: true });
  }

  protected hear(text: Buffer): void {
    this.said += text.toString();
  }

  protected type(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  protected uri(number: string): string {
    return `sip:${number}@${this.account.domain}`;
  }
}

/** Led over its control port; answers by itself. */
export class Baresip extends SoftphoneProgram {
  private control: Socket | null = null;

  static async start(sipPort: number, account: Account): Promise<Baresip> {
    const home = mkdtempSync(join(tmpdir(), 'live-baresip-'));
    const port = await freePort();
    const settings = [
      `module_path ${BARESIP_MODULES}`,
      ...['g711', 'aubridge', 'uuid'].map((name) => `module ${name}.so`),
      ...['account', 'menu', 'ctrl_tcp'].map((name) => `module_app ${name}.so`),
      `sip_listen 127.0.0.1:${await freePort()}`,
      `ctrl_tcp_listen 127.0.0.1:${port}`,
      // What it hears it says again.
      'audio_source aubridge,nowhere',
      'audio_player aubridge,nowhere',
      'audio_alert aubridge,nowhere',
    ];
    writeFileSync(join(home, 'config'), `${settings.join('\n')}\n`);
    const { number, domain, password } = account;
    const proxy = `outbound="sip:127.0.0.1:${sipPort};transport=udp"`;
    writeFileSync(
      join(home, 'accounts'),
      `<sip:${number}@${domain}>;auth_pass=${password};${proxy};regint=60;answermode=auto\n`,
    );
    const phone = new Baresip('baresip', ['-f', home], home, account);
    await phone.connect(port);
    return phone;
  }

  call(number: string): void {
    this.command('dial', this.uri(number));
  }

  answer(): void {
    this.command('accept');
  }

  hangUp(): void {
    this.command('hangup');
  }

  transfer(number: string): void {
    this.command('transfer', this.uri(number));
  }

  override async stop(): Promise<void> {
    this.control?.destroy();
    await super.stop();
  }

  private async connect(port: number): Promise<void> {
    this.control = await eventually(
      'the control port of baresip',
      async () => {
        const socket = connect(port, '127.0.0.1');
        await once(socket, 'connect');
        return socket;
      },
      STARTS_MS,
    );
    this.control.on('data', (text: Buffer) => this.hear(text));
    this.control.on('error', () => undefined);
  }

  private command(command: string, params?: string): void {
    const text = JSON.stringify({ command, params });
    this.control?.write(`${Buffer.byteLength(text)}:${text},`);
  }
}

/** Led by what is typed into it; over TCP. */
export class Linphone extends SoftphoneProgram {
  static async start(sipPort: number, account: Account): Promise<Linphone> {
    const home = mkdtempSync(join(tmpdir(), 'live-linphone-'));
    // Its database is there, and without one it does not start; the folder it does not create.
    mkdirSync(join(home, '.local', 'share', 'linphone'), { recursive: true });
    const file = join(home, 'linphonerc');
    const { number, domain, password } = account;
    const settings = [
      '[sip]',
      'sip_port=-1',
      `sip_tcp_port=${await freePort()}`,
      'default_proxy=0',
      'guess_hostname=0',
      'bind_address=127.0.0.1',
      '[net]',
      'mtu=1300',
      '[auth_info_0]',
      `username=${number}`,
      `domain=${domain}`,
      `realm=${domain}`,
      `passwd=${password}`,
      '[proxy_0]',
      `reg_proxy=<sip:127.0.0.1:${sipPort};transport=tcp>`,
      `reg_route=<sip:127.0.0.1:${sipPort};transport=tcp>`,
      `reg_identity=sip:${number}@${domain}`,
      'reg_expires=60',
      'reg_sendregister=1',
      'publish=0',
    ];
    writeFileSync(file, `${settings.join('\n')}\n`);
    const phone = new Linphone('linphonec', ['-b', file], home, account);
    await phone.says(/linphonec>/, STARTS_MS);
    phone.type('soundcard use files');
    return phone;
  }

  call(number: string): void {
    this.type(`call ${this.uri(number)}`);
  }

  answer(): void {
    this.type('answer');
  }

  hangUp(): void {
    this.type('terminate all');
  }

  transfer(number: string): void {
    this.type(`transfer ${this.uri(number)}`);
  }

  /** Answers every call that rings with a 302. */
  forward(number: string): void {
    this.type(`redirect all ${this.uri(number)}`);
  }
}
