import type { Socket } from 'node:net';
import { Connection, type Event } from 'modesl';
import type { NodeAddress } from './node-address';

/** One event's headers by name, as FreeSWITCH writes them in its JSON format; a body is under `_body`. */
export type EslEvent = Record<string, string>;

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
 * One attempt at an ESL session: one modesl Connection, thrown away when it ends. modesl is trusted with
 * the framing, the password and the order of replies; what it leaves undone at the socket is made good here.
 */
export class EslConnection {
  /** Resolves when the socket is closed. */
  readonly closed: Promise<void>;
  readonly #modesl: Connection;
  readonly #socket: Socket;
  readonly #listener: ConnectionListener;
  readonly #subclasses: readonly string[];
  #ended = false;

  constructor(address: NodeAddress, subclasses: readonly string[], listener: ConnectionListener) {
    this.#listener = listener;
    this.#subclasses = subclasses;
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
    connection.on('error', (error) => this.end(`connection failed (${error.code ?? 'unreadable event'})`));
    this.#socket.on('end', () => this.end('connection closed by FreeSWITCH'));
    this.#socket.on('close', () => this.end('connection closed'));
    connection.on('esl::connect', () => this.#connected());
    connection.on('esl::event::**', (_event, headers, body) => this.#frame(headers, body));
    connection.on('esl::event::auth::fail', () => this.end('authentication refused', true));
    connection.on('esl::event::auth::success', () => this.#authenticated());
  }

  #connected(): void {
    if (this.#ended) return;
    // Without it, Nagle's algorithm holds every command back by some 40 ms.
    this.#socket.setNoDelay(true);
    this.#guardReader();
    this.#listener.authenticating();
  }

  /** modesl's reader throws at a header with a lone `%`; uncaught, that would end the process. */
  #guardReader(): void {
    const readers = this.#socket.listeners('data');
    this.#socket.removeAllListeners('data');
    this.#socket.on('data', (chunk) => {
      try {
        for (const reader of readers) Reflect.apply(reader, this.#socket, [chunk]);
      } catch {
        this.end('unreadable frame');
      }
    });
  }

  #authenticated(): void {
    if (this.#ended) return;
    if (this.#subclasses.length === 0) return this.#listener.ready();
    // FreeSWITCH fact: every word after CUSTOM is a subclass, so CUSTOM comes first and nothing else follows.
    this.#modesl.subscribe(['CUSTOM', ...this.#subclasses], (reply) => this.#subscribed(reply));
  }

  #subscribed(reply: Event): void {
    if (this.#ended) return;
    if (reply.getHeader('Reply-Text')?.startsWith('+OK')) return this.#listener.ready();
    this.end('event subscription refused', true);
  }

  #frame(headers?: Record<string, string | number>, body?: string): void {
    if (this.#ended) return;
    const type = headers?.['Content-Type'];
    if (type === 'text/event-json') this.#listener.event(readEvent(body ?? '{}'));
    else if (type === 'text/rude-rejection') this.end('refused by ACL', true);
    else if (type === 'text/disconnect-notice') this.end('session ended by FreeSWITCH');
  }
}

/** FreeSWITCH writes headers as strings, and a repeated one as a list of strings. */
function readEvent(body: string): EslEvent {
  const headers = Object.entries(JSON.parse(body) as Record<string, unknown>);
  return Object.fromEntries(
    headers.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}
