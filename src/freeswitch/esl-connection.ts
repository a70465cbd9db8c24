import type { Socket } from 'node:net';
import { Connection, type Event } from 'modesl';
import { type EslFrame, EslFrames } from './esl-frames';
import type { NodeAddress } from './node-address';

/** One event's headers by name, as FreeSWITCH writes them in its JSON format; a body is under `_body`. */
export type EslEvent = Record<string, string>;

/** An event is received if any of these fits one of its headers, or if there are none. */
export interface EslFilter {
  readonly header: string;
  /** The header's whole value, upper and lower case alike; `/…/` is a regular expression (PCRE). */
  readonly value: string;
}

/** Which events a session is for. */
export interface EventSelection {
  /** The CUSTOM events to subscribe to; none: no events. */
  readonly subclasses: readonly string[];
  readonly filters: readonly EslFilter[];
}

/** Why a connection ended; `refused` when FreeSWITCH does not want us, so that hurrying back is no use. */
export interface ConnectionEnd {
  readonly reason: string;
  readonly refused: boolean;
}

export interface ConnectionListener {
  /** TCP is up; FreeSWITCH's question for the password is awaited. */
  authenticating(): void;
  /** The password was accepted and the events are subscribed to. */
  ready(): void;
  event(event: EslEvent): void;
  /** Comes exactly once, and nothing after it. */
  ended(ending: ConnectionEnd): void;
}

/**
 * One attempt at an ESL session: one modesl Connection, thrown away when it ends. modesl is trusted with the
 * password and the order of replies; what it leaves undone at the socket is made good here, and events, of which
 * there may be very many, do not pass through it.
 */
export class EslConnection {
  /** Resolves when the socket is closed. */
  readonly closed: Promise<void>;
  readonly #modesl: Connection;
  readonly #socket: Socket;
  readonly #listener: ConnectionListener;
  readonly #events: EventSelection;
  #ended = false;

  constructor(address: NodeAddress, events: EventSelection, listener: ConnectionListener) {
    this.#listener = listener;
    this.#events = events;
    this.#modesl = new Connection(address.host, address.port, address.password);
    // modesl drops its reference when the peer ends the session, and then never closes the socket.
    const socket = this.#modesl.socket;
    if (!socket) throw new Error('modesl opened no socket');
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    // By itself modesl would have every application that runs in any call reported to us.
    this.#modesl.reqEvents = [];
    this.#listen();
  }

  /** Sends one `api` command; `reply` is called with the body unless the connection ends before. */
  api(command: string, reply: (body: string) => void): void {
    this.#modesl.api(command, (event) => {
      if (!this.#ended) reply(event.getBody());
    });
  }

  /** Ends the session at once; the listener is told before this returns. */
  end(reason: string, refused = false): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.destroy();
    this.#listener.ended({ reason, refused });
  }

  #listen(): void {
    const connection = this.#modesl;
    // EventEmitter fact: an `error` without a listener ends the process, so this one is never taken off.
    connection.on('error', (error) => this.end(`connection failed (${error.code ?? error.message})`));
    this.#socket.on('end', () => this.end('connection closed by FreeSWITCH'));
    this.#socket.on('close', () => this.end('connection closed'));
    connection.on('esl::connect', () => this.#connected());
    connection.on('esl::event::**', (_event, headers) => this.#notice(headers));
    connection.on('esl::event::auth::fail', () => this.end('authentication refused', true));
    connection.on('esl::event::auth::success', () => this.#authenticated());
  }

  #connected(): void {
    if (this.#ended) return;
    // Without it, Nagle's algorithm holds every command back by some 40 ms.
    this.#socket.setNoDelay(true);
    this.#readFrames();
    this.#listener.authenticating();
  }

  /**
   * Stands between the socket and modesl, which gets its frames one by one and no events: it would parse each twice.
   * Its reader throws at a header with a lone `%`; uncaught, that would end the process.
   */
  #readFrames(): void {
    const readers = this.#socket.listeners('data');
    this.#socket.removeAllListeners('data');
    const frames = new EslFrames((frame) => {
      if (this.#ended) return;
      if (frame.type === 'text/event-json') this.#listener.event(readEvent(frame));
      else for (const reader of readers) Reflect.apply(reader, this.#socket, [frame.bytes]);
    });
    this.#socket.on('data', (chunk) => {
      try {
        frames.push(chunk);
      } catch {
        this.end('unreadable frame');
      }
    });
  }

  #authenticated(): void {
    if (this.#ended) return;
    const { subclasses, filters } = this.#events;
    if (subclasses.length === 0) return this.#listener.ready();
    for (const { header, value } of filters)
      this.#modesl.filter(header, value, (reply) => this.#isAccepted(reply, 'event filter'));
    // FreeSWITCH fact: every word after CUSTOM is a subclass, so CUSTOM comes first and nothing else follows.
    this.#modesl.subscribe(['CUSTOM', ...subclasses], (reply) => {
      if (this.#isAccepted(reply, 'event subscription')) this.#listener.ready();
    });
  }

  /** Ends the session when FreeSWITCH refused what it was asked for. */
  #isAccepted(reply: Event, what: string): boolean {
    if (!this.#ended && !reply.getHeader('Reply-Text')?.startsWith('+OK')) this.end(`${what} refused`, true);
    return !this.#ended;
  }

  #notice(headers?: Record<string, string | number>): void {
    if (this.#ended) return;
    const type = headers?.['Content-Type'];
    if (type === 'text/rude-rejection') this.end('refused by ACL', true);
    else if (type === 'text/disconnect-notice') this.end('session ended by FreeSWITCH');
  }
}

/**
 * FreeSWITCH writes headers as strings, and a repeated one as a list of strings.
 * @throws SyntaxError when the body is no JSON
 */
function readEvent({ bytes, bodyAt }: EslFrame): EslEvent {
  const event = JSON.parse(bytes.toString('utf8', bodyAt)) as Record<string, unknown>;
  for (const name in event) {
    const value = event[name];
    if (typeof value !== 'string') event[name] = JSON.stringify(value);
  }
  return event as EslEvent;
}
