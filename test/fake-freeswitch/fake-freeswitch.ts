import { answer, type Node } from './api-commands';
import { Directory, type HttpAnswer } from './directory';
import type { Pair } from './directory-xml';
import { EslServer } from './esl-server';
import { EventHeaders } from './events';
import { type Phone, type RegisterAnswer, Registrar } from './registrar';
import type { Row } from './registration-table';
import { Voicemail } from './voicemail';
import { WAIT_MS } from './within';
import { randomUUID } from 'node:crypto';

export type { Phone, RegisterAnswer } from './registrar';
export type { HttpAnswer } from './directory';

export interface FakeOptions {
  /** The node's name in `address`. */
  name?: string;
  password?: string;
  directoryUrl?: string;
  directoryAuth?: { username: string; password: string };
  profiles?: string[];
  globals?: Record<string, string>;
}

export interface AccountInProfile {
  user: string;
  domain: string;
  profile?: string;
}

/**
 * A FreeSWITCH node for tests: it speaks ESL on a real socket and asks a real HTTP backend for its users,
 * with FreeSWITCH's cache, preprocessor and registrations. Tests start it, drive phones, and break it.
 */
export class FakeFreeSwitch {
  readonly name: string;
  readonly #node: Node;
  readonly #server: EslServer;
  readonly #answers = new Map<string, string>();
  #clockAheadMs = 0;

  private constructor(options: FakeOptions) {
    this.name = options.name ?? 'fs1';
    const now = (): number => Date.now() + this.#clockAheadMs;
    const globals = {
      domain: 'pbx.test',
      hostname: 'fs-lab-1',
      storage_dir: '/var/lib/fs',
      ...options.globals,
    };
    const headers = new EventHeaders('fs-lab-1', now);
    const directory = new Directory(
      options.directoryUrl ?? null,
      options.directoryAuth ?? null,
      headers,
      globals,
      now,
    );
    const emit = (event: Pair[]): void => this.#server.emit(event);
    const registrar = new Registrar(options.profiles ?? ['internal'], directory, headers, now, emit);
    const voicemail = new Voicemail(directory);
    this.#node = { directory, registrar, voicemail, headers, globals, now };
    this.#server = new EslServer(
      options.password ?? 'ClueCon',
      async (command) => this.#answers.get(command) ?? answer(this.#node, command),
    );
  }

  static async start(options: FakeOptions = {}): Promise<FakeFreeSwitch> {
    const fake = new FakeFreeSwitch(options);
    await fake.#server.listen();
    return fake;
  }

  async stop(): Promise<void> {
    this.#server.running.open();
    this.#node.directory.stop();
    await this.#server.close();
  }

  get port(): number {
    return this.#server.port;
  }

  /** For FREESWITCH_NODES. */
  get address(): string {
    return `esl://:${encodeURIComponent(this.#server.password)}@127.0.0.1:${this.port}?name=${this.name}`;
  }

  /** Where users are looked up; may be set once the backend is known. */
  set directoryUrl(url: string | null) {
    this.#node.directory.url = url;
  }

  // What was asked of it

  /** Every packet received, such as `api status`; the oldest first. */
  get commands(): readonly string[] {
    return this.#server.commands;
  }

  forgetCommands(): void {
    this.#server.commands.length = 0;
  }

  /** Resolves with the first command, received already or to come, that fits. */
  waitForCommand(fits: (command: string) => boolean, timeoutMs = WAIT_MS): Promise<string> {
    return this.#server.waitFor('a command', timeoutMs, () => this.commands.find(fits));
  }

  /** Resolves when at least one session is authenticated. */
  async waitForConnection(timeoutMs = WAIT_MS): Promise<void> {
    await this.#server.waitFor('a session', timeoutMs, () => this.sessions || undefined);
  }

  /** Resolves when no session is left. */
  async waitForNoConnection(timeoutMs = WAIT_MS): Promise<void> {
    await this.#server.waitFor('no session', timeoutMs, () => (this.sessions === 0 ? true : undefined));
  }

  /** Authenticated sessions at present. */
  get sessions(): number {
    return this.#server.sessions;
  }

  /** Forms posted to the directory, the oldest first. */
  get directoryRequests(): readonly string[] {
    return this.#node.directory.requests;
  }

  /** Why directory answers were thrown away. */
  get directoryProblems(): readonly string[] {
    return this.#node.directory.problems;
  }

  /** Preprocessor commands that directory answers carried; anything here is a hole. */
  get executedByAnswers(): readonly string[] {
    return this.#node.directory.executed;
  }

  // What it may be made to do

  /** Answers exactly this `api` command so. */
  answerWith(command: string, body: string): void {
    this.#answers.set(command, body);
  }

  /** Keeps accepting and reading, as a stopped process does, but does and answers nothing. */
  hang(): void {
    this.#server.running.close();
  }

  /** Goes on with all that came in while it hung. */
  unhang(): void {
    this.#server.running.open();
  }

  /** Resets every connection. */
  reset(): void {
    this.#server.cut('reset');
  }

  /** Closes the port and cuts every session: a node that is down. */
  async refuse(): Promise<void> {
    await this.#server.close();
  }

  /** Opens the same port again. */
  async accept(): Promise<void> {
    await this.#server.listen();
  }

  /** A restart: sessions and the user cache are gone, registrations are kept in FreeSWITCH's own database. */
  restart(): void {
    this.#node.headers.coreUuid = randomUUID();
    this.#node.directory.cache.clear();
    this.#server.cut();
  }

  /** New connections are turned away by an access list, or no more. */
  rejectByAcl(rejecting = true): void {
    this.#server.rejecting = rejecting;
  }

  /** Frames go out in pieces of so many bytes, each flushed before the next; 0: whole. */
  splitWrites(bytes: number): void {
    this.#server.pieceBytes = bytes;
  }

  /** Writes these bytes to every session, whatever they are. */
  sendRaw(text: string): void {
    this.#server.sendRaw(text);
  }

  /** Fires a CUSTOM event to the sessions that want it. */
  fire(subclass: string, headers: Record<string, string>): void {
    const origin = { file: 'fake', function: 'fire', line: 1 };
    this.#server.emit(this.#node.headers.custom(subclass, origin, Object.entries(headers)));
  }

  /** What happens meanwhile fires no events: FreeSWITCH drops them when a session's queue is full. */
  async loseEvents(meanwhile: () => Promise<unknown>): Promise<void> {
    this.#server.losing = true;
    await meanwhile();
    this.#server.losing = false;
  }

  /** Moves its clock on: cached users and registrations grow older. */
  advanceClock(ms: number): void {
    this.#clockAheadMs += ms;
  }

  /** Directory answers are held when they have come in whole, their connections still open. */
  holdDirectoryAnswers(): void {
    this.#node.directory.answers.close();
  }

  releaseDirectoryAnswers(): void {
    this.#node.directory.answers.open();
  }

  waitForHeldAnswer(): Promise<void> {
    return this.#node.directory.answers.waitForHeld();
  }

  /** Directory answers are held after their connections closed, before they are parsed and cached. */
  holdParsing(): void {
    this.#node.directory.parsing.close();
  }

  releaseParsing(): void {
    this.#node.directory.parsing.open();
  }

  waitForHeldParsing(): Promise<void> {
    return this.#node.directory.parsing.waitForHeld();
  }

  // Phones

  /** A phone registers: its user is looked up, its digest checked, its contact kept, its event fired. */
  register(phone: Phone): Promise<RegisterAnswer> {
    return this.#node.registrar.register(phone);
  }

  /** A phone takes its contact off; the newest of the user's unless it names one. */
  unregister(phone: Phone): Promise<RegisterAnswer> {
    const row = this.registrations(phone).at(-1);
    const contact = /<(.*)>/.exec(row?.contact ?? '')?.[1];
    const callId = row?.callId;
    return this.register({ ...(contact && { contact }), ...(callId && { callId }), ...phone, expires: 0 });
  }

  /** The user's contacts run out. */
  expire({ user, domain, profile = 'internal' }: AccountInProfile): void {
    this.#node.registrar.expire(profile, isOf({ user, domain }));
  }

  /** The sockets of the user's contacts are closed, as a browser's is with its page. */
  disconnect(account: AccountInProfile): void {
    const { profile = 'internal' } = account;
    this.#node.registrar.disconnect(profile, isOf(account));
  }

  /** The user's contacts answer OPTIONS with this status, or not at all (408). */
  ping(account: AccountInProfile, status: string): void {
    this.#node.registrar.ping(account.profile ?? 'internal', isOf(account), status);
  }

  /** The user's rows in the profile. */
  registrations({ user, domain, profile = 'internal' }: AccountInProfile): readonly Row[] {
    const rows = this.#node.registrar.rows(profile) ?? [];
    return rows.filter(isOf({ user, domain }));
  }

  /** Posts a form, such as a recorded one, to the directory; the answer as it came. */
  lookup(form: string | Record<string, string>): Promise<HttpAnswer> {
    return this.#node.directory.post(typeof form === 'string' ? form : new URLSearchParams(form).toString());
  }

  /** Its mailboxes. */
  get voicemail(): Voicemail {
    return this.#node.voicemail;
  }

  /** Runs an `api` command as if it had come over ESL. */
  api(command: string): Promise<string> {
    return answer(this.#node, command);
  }
}

const isOf =
  ({ user, domain }: AccountInProfile) =>
  (row: Row): boolean =>
    row.authUser === user && row.authRealm === domain;
