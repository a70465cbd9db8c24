import {
  type ConnectionEnd,
  EslConnection,
  type EslEvent,
  type EslFilter,
  type EventSelection,
} from './esl-connection';
import { EslBadCommand, EslNotReady, EslQueueFull } from './esl-errors';
import { streamAnswer } from './esl-stream';
import { Listeners } from '../core/listeners';
import type { NodeAddress } from './node-address';
import { PendingCommands } from './pending-commands';

export type { EslEvent, EslFilter } from './esl-connection';

/** `ready` is more than connected: the password was accepted and the events are subscribed to. */
export type EslStatus = 'stopped' | 'connecting' | 'authenticating' | 'ready' | 'waiting';

export interface EslLog {
  info(message: string, fields: Record<string, unknown>): void;
  warn(message: string, fields: Record<string, unknown>): void;
}

/** All in milliseconds. */
export interface EslTimes {
  /** For TCP to come up. */
  connect: number;
  /** From there to `ready`. */
  handshake: number;
  /** For an answer to a command, unless the caller names another deadline. */
  command: number;
  /** Without a command for so long, the node is asked whether it is still there. */
  keepalive: number;
  /** Bounds of the pause before another attempt; it is drawn at random below a limit that doubles. */
  backoffFirst: number;
  backoffLongest: number;
  /** The longest pause after FreeSWITCH refused us; at least half of it is kept. */
  refused: number;
  /** A session that lasted so long ends the count of attempts. */
  steady: number;
}

const TIMES: EslTimes = {
  connect: 5_000,
  handshake: 5_000,
  command: 5_000,
  keepalive: 5_000,
  backoffFirst: 100,
  backoffLongest: 10_000,
  refused: 30_000,
  steady: 10_000,
};

export interface EslClientOptions {
  readonly log: EslLog;
  /** The CUSTOM events to subscribe to, such as `sofia::register`. */
  readonly subclasses?: readonly string[];
  /** Of these, the events to receive: any that fits one of the filters; all of them when there are none. */
  readonly filters?: readonly EslFilter[];
  readonly times?: Partial<EslTimes>;
}

export interface EslSnapshot {
  readonly name: string;
  readonly status: EslStatus;
  /** When the status became what it is. */
  readonly since: Date;
  /** Why the last attempt or session ended; null while ready and before the first failure. */
  readonly lastError: string | null;
  /** Attempts begun since the last session that lasted; the present one counts. */
  readonly attempts: number;
}

/** Commands on one session at a time; beyond, a node is not slow but stuck. */
const MOST_PENDING = 1_000;
const NOT_ONE_LINE = /^$|\p{Cc}/u;
const SUBCLASS = /^[\w.:-]+$/;
const HEADER = /^[\w-]+$/;
/** Cheap, and answered without asking any module. */
const PROBE = 'global_getvar core_uuid';

/**
 * The session with one FreeSWITCH node, kept up from `start()` to `stop()`: whatever ends it, another
 * attempt follows after a pause. The node's password is never told to anybody but the node.
 */
export class EslClient {
  readonly name: string;
  readonly #address: NodeAddress;
  readonly #log: EslLog;
  readonly #times: EslTimes;
  readonly #events: EventSelection;
  readonly #pending: PendingCommands;
  readonly #statusListeners: Listeners<EslStatus>;
  readonly #eventListeners: Listeners<EslEvent>;
  #status: EslStatus = 'stopped';
  #since = new Date();
  #lastError: string | null = null;
  #attempts = 0;
  #heardAt = -Infinity;
  #connection: EslConnection | null = null;
  /** There is one: it belongs to the status, and each status replaces it. */
  #timer: NodeJS.Timeout | undefined;
  #closed: Promise<void> = Promise.resolve();

  /** @throws Error when a subclass or a filter is not what FreeSWITCH would read as such */
  constructor(address: NodeAddress, options: EslClientOptions) {
    this.name = address.name;
    this.#address = address;
    this.#log = options.log;
    this.#times = { ...TIMES, ...options.times };
    this.#events = { subclasses: options.subclasses ?? [], filters: options.filters ?? [] };
    if (!this.#events.subclasses.every((subclass) => SUBCLASS.test(subclass)))
      throw new Error('invalid event subclass');
    if (!this.#events.filters.every(({ header, value }) => HEADER.test(header) && !NOT_ONE_LINE.test(value)))
      throw new Error('invalid event filter');
    this.#pending = new PendingCommands(this.name);
    const report = (error: unknown): void =>
      this.#log.warn('a listener failed', {
        event: 'listener.failed',
        node: this.name,
        error: String(error),
      });
    this.#statusListeners = new Listeners(report);
    this.#eventListeners = new Listeners(report);
  }

  /** Where its event socket listens, without the port. */
  get host(): string {
    return this.#address.host;
  }

  get status(): EslStatus {
    return this.#status;
  }

  /** For health and metrics. */
  snapshot(): EslSnapshot {
    return {
      name: this.name,
      status: this.#status,
      since: this.#since,
      lastError: this.#lastError,
      attempts: this.#attempts,
    };
  }

  /** @returns a function that ends the listening. */
  onStatus(hear: (status: EslStatus) => void): () => void {
    return this.#statusListeners.add(hear);
  }

  /** Events of the subclasses given at construction. @returns a function that ends the listening. */
  onEvent(hear: (event: EslEvent) => void): () => void {
    return this.#eventListeners.add(hear);
  }

  start(): void {
    if (this.#status !== 'stopped') return;
    this.#attempts = 0;
    this.#connect();
  }

  /** Ends the session, rejects what waits for an answer, and resolves when the socket is closed. */
  stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#become('stopped');
    this.#connection?.end('stopped');
    return this.#closed;
  }

  /**
   * Sends one `api` command and resolves with the body of its answer as it is, `-ERR …` bodies too.
   * A missed deadline ends the session: FreeSWITCH numbers no answers, so a late one would be taken for
   * the next command's.
   * @throws EslBadCommand, EslNotReady, EslQueueFull (nothing was sent); EslDeadlineMissed,
   * EslConnectionLost (it may have been carried out).
   */
  async api(command: string, deadlineMs: number = this.#times.command): Promise<string> {
    // FreeSWITCH fact: a line break ends a command, so one inside an argument would begin another.
    if (NOT_ONE_LINE.test(command)) throw new EslBadCommand(this.name);
    const connection = this.#connection;
    if (this.#status !== 'ready' || !connection) throw new EslNotReady(this.name);
    if (this.#pending.size >= MOST_PENDING) throw new EslQueueFull(this.name, MOST_PENDING);
    clearTimeout(this.#timer);
    return this.#pending.wait(
      deadlineMs,
      (answer) =>
        connection.api(command, (body) => {
          this.#heardAt = performance.now();
          answer(body);
          this.#probeWhenIdle();
        }),
      () => connection.end('a command missed its deadline'),
    );
  }

  /**
   * Runs one `api` command on a connection of its own, for an answer too long to hold: see esl-stream.ts.
   * @throws EslBadCommand, EslNotReady (nothing was sent); see streamAnswer
   */
  async stream(command: string, take: (piece: Buffer) => void, signal: AbortSignal): Promise<void> {
    if (NOT_ONE_LINE.test(command)) throw new EslBadCommand(this.name);
    if (this.#status !== 'ready') throw new EslNotReady(this.name);
    return streamAnswer(this.#address, command, take, { signal });
  }

  /** How long ago the node said anything, in ms; it is asked when it has been silent for `keepalive`. */
  get silentForMs(): number {
    return performance.now() - this.#heardAt;
  }

  /** The one place where the status changes. */
  #become(status: EslStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#since = new Date();
    this.#statusListeners.emit(status);
  }

  #after(ms: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, ms);
  }

  #connect(): void {
    this.#attempts += 1;
    const connection = new EslConnection(this.#address, this.#events, {
      authenticating: () => {
        this.#after(this.#times.handshake, () => connection.end('no answer to the authentication in time'));
        this.#become('authenticating');
      },
      ready: () => this.#ready(),
      event: (event) => {
        this.#heardAt = performance.now();
        this.#eventListeners.emit(event);
      },
      ended: (ending) => this.#lost(ending),
    });
    this.#connection = connection;
    this.#closed = connection.closed;
    this.#after(this.#times.connect, () => connection.end('no connection in time'));
    this.#become('connecting');
  }

  #ready(): void {
    this.#lastError = null;
    this.#heardAt = performance.now();
    this.#log.info('FreeSWITCH node ready', { event: 'node.ready', node: this.name });
    this.#probeWhenIdle();
    this.#become('ready');
  }

  /** A peer that died without a word is noticed only by asking it. */
  #probeWhenIdle(): void {
    if (this.#pending.size > 0) return;
    this.#after(this.#times.keepalive, () => {
      // Its failure ends the session, which says all there is to say.
      this.api(PROBE).catch(() => undefined);
    });
  }

  #lost({ reason, refused }: ConnectionEnd): void {
    this.#connection = null;
    clearTimeout(this.#timer);
    const status = this.#status;
    if (status !== 'stopped') {
      if (status === 'ready' && Date.now() - this.#since.getTime() >= this.#times.steady) this.#attempts = 0;
      const pauseMs = Math.round(this.#pause(refused));
      if (status === 'ready' || reason !== this.#lastError) {
        this.#log.warn('FreeSWITCH node not reached', {
          event: 'node.not_reached',
          node: this.name,
          reason,
          pauseMs,
        });
      }
      this.#lastError = reason;
      this.#after(pauseMs, () => this.#connect());
      this.#become('waiting');
    }
    this.#pending.rejectAll(reason);
  }

  #pause(refused: boolean): number {
    if (refused) return this.#times.refused * (0.5 + Math.random() / 2);
    const limit = this.#times.backoffFirst * 2 ** Math.min(this.#attempts, 30);
    return Math.random() * Math.min(limit, this.#times.backoffLongest);
  }
}
