import { createServer, type AddressInfo, type Server } from 'node:net';
import type { Pair } from './directory-xml';
import { EslSession, type SessionHost } from './esl-session';
import { Gate } from './gate';
import { within } from './within';

/** mod_event_socket's listener on a free loopback port, with the ways in which it can fail. */
export class EslServer implements SessionHost {
  readonly running = new Gate();
  /** Whole packets as they were received, `auth …` too. */
  readonly commands: string[] = [];
  pieceBytes = 0;
  rejecting = false;
  losing = false;
  port = 0;
  #server: Server | null = null;
  readonly #sessions = new Set<EslSession>();
  readonly #watchers = new Set<() => void>();

  constructor(
    readonly password: string,
    readonly api: (command: string) => Promise<string>,
  ) {}

  /** Listens, on the port it had before if there was one. */
  async listen(): Promise<void> {
    if (this.#server) return;
    const server = createServer((socket) => {
      const session = new EslSession(socket, this);
      this.#sessions.add(session);
      socket.on('close', () => {
        this.#sessions.delete(session);
        this.#changed();
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Closes the port and cuts every session. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.cut();
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  /** Ends every session, with a reset or with an ordinary end. */
  cut(how: 'reset' | 'end' = 'end'): void {
    for (const { socket } of this.#sessions) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  get sessions(): number {
    return [...this.#sessions].filter((session) => session.authenticated).length;
  }

  emit(event: Pair[]): void {
    if (this.losing) return;
    for (const session of this.#sessions) session.emit(event);
  }

  /** Writes bytes of any kind to every session. */
  sendRaw(text: string): void {
    for (const session of this.#sessions) session.send(text);
  }

  received(command: string): void {
    this.commands.push(command);
    this.#changed();
  }

  authenticated(): void {
    this.#changed();
  }

  /** Resolves with the first value that `look` finds, now or after something changed. */
  async waitFor<T>(what: string, timeoutMs: number, look: () => T | undefined): Promise<T> {
    let watcher: (() => void) | undefined;
    const found = new Promise<T>((resolve) => {
      watcher = () => {
        const value = look();
        if (value !== undefined) resolve(value);
      };
      this.#watchers.add(watcher);
      watcher();
    });
    try {
      return await within(timeoutMs, what, found);
    } finally {
      if (watcher) this.#watchers.delete(watcher);
    }
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}
