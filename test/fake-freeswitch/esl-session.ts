import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Pair } from './directory-xml';
import { EventFilters } from './event-filters';
import { header } from './events';
import * as frames from './frames';
import type { Gate } from './gate';

/** What a session needs of the node it belongs to. */
export interface SessionHost {
  readonly password: string;
  readonly rejecting: boolean;
  /** Shut while the node hangs. */
  readonly running: Gate;
  /** Frames are written in pieces of so many bytes; 0: whole. */
  readonly pieceBytes: number;
  received(command: string): void;
  authenticated(): void;
  api(command: string): Promise<string>;
}

const EVENT_NAME = /^[A-Z_]+$/i;

/** One client's session with mod_event_socket. */
export class EslSession {
  authenticated = false;
  #format: 'json' | 'plain' = 'plain';
  readonly #events = new Set<string>();
  readonly #subclasses = new Set<string>();
  readonly #filters = new EventFilters();
  #unread = '';
  #reading: Promise<void>;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    readonly socket: Socket,
    private readonly host: SessionHost,
  ) {
    socket.setNoDelay(true);
    // A client that resets its connection is nobody's failure.
    socket.on('error', () => undefined);
    if (host.rejecting) {
      this.send(frames.rudeRejection());
      this.#reading = this.#close();
      return;
    }
    this.send(frames.authRequest());
    this.#reading = Promise.resolve();
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#read(text));
  }

  /** Writes a frame after those before it; not before a hanging node goes on. */
  send(frame: string): void {
    this.#writing = this.#writing.then(() => this.#write(Buffer.from(frame, 'utf8')));
  }

  emit(event: Pair[]): void {
    const name = header(event, 'Event-Name');
    const wanted =
      this.#events.has('ALL') ||
      (name === 'CUSTOM' ? this.#subclasses.has(header(event, 'Event-Subclass')) : this.#events.has(name));
    if (!this.authenticated || !wanted || !this.#filters.pass(event)) return;
    for (const part of frames.eventFrame(this.#format, event)) this.send(part);
  }

  #read(text: string): void {
    const packets = (this.#unread + text).replaceAll('\r', '').split('\n\n');
    this.#unread = packets.pop() ?? '';
    for (const packet of packets) {
      const command = packet.replace(/^\n+/, '');
      if (command === '') continue;
      this.host.received(command);
      // One at a time, as they came.
      this.#reading = this.#reading.then(() => this.#run(command));
    }
  }

  async #run(packet: string): Promise<void> {
    await this.host.running.pass();
    if (this.socket.destroyed) return;
    const [command = ''] = packet.split('\n');
    if (!this.authenticated) return this.#authenticate(command);
    const [verb = '', ...words] = command.split(' ');
    const rest = words.join(' ');
    if (verb === 'api') this.send(frames.apiResponse(await this.host.api(rest)));
    else if (verb === 'bgapi') await this.#background(rest, packet);
    else if (verb === 'event') this.send(frames.commandReply(this.#subscribe(words)));
    else if (verb === 'filter') this.send(frames.commandReply(this.#filters.change(rest)));
    else if (verb === 'exit') await this.#sayGoodbye('+OK bye');
    else this.send(frames.commandReply('-ERR command not found'));
  }

  async #authenticate(command: string): Promise<void> {
    if (command !== `auth ${this.host.password}`) return this.#sayGoodbye('-ERR invalid');
    this.authenticated = true;
    this.send(frames.commandReply('+OK accepted'));
    this.host.authenticated();
  }

  async #background(command: string, packet: string): Promise<void> {
    const id = /^Job-UUID: (\S+)$/m.exec(packet)?.[1] ?? randomUUID();
    this.send(frames.commandReply(`+OK Job-UUID: ${id}`, ['Job-UUID', id]));
    await this.host.api(command);
  }

  /** Everything after CUSTOM is a subclass; a word that is no event's name is passed over. */
  #subscribe(words: string[]): string {
    let known = 0;
    let custom = false;
    for (const word of words) {
      if (known === 0 && (word === 'json' || word === 'plain')) this.#format = word;
      else if (custom) this.#subclasses.add(word);
      else if (EVENT_NAME.test(word)) {
        known += 1;
        custom = word.toUpperCase() === 'CUSTOM';
        this.#events.add(word.toUpperCase());
      }
    }
    return known === 0 ? '-ERR no keywords supplied' : `+OK event listener enabled ${this.#format}`;
  }

  async #sayGoodbye(reply: string): Promise<void> {
    this.send(frames.commandReply(reply));
    this.send(frames.disconnectNotice());
    await this.#close();
  }

  async #close(): Promise<void> {
    await this.#writing;
    this.socket.end();
  }

  async #write(bytes: Buffer): Promise<void> {
    await this.host.running.pass();
    const step = this.host.pieceBytes || bytes.length;
    for (let at = 0; at < bytes.length && !this.socket.destroyed; at += step) {
      const piece = bytes.subarray(at, at + step);
      await new Promise<void>((resolve) => this.socket.write(piece, () => setImmediate(resolve)));
    }
  }
}
