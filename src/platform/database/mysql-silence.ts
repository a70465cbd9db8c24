import { type Socket } from 'node:net';
import { type PoolConnection } from 'mysql2';

/** What of mysql2's connection we need and its types leave out: every command goes through `addCommand`. */
interface Inside {
  stream: Socket;
  addCommand(command: { once(event: 'end', hear: () => void): unknown }): unknown;
}

/** The socket of a connection. */
export function streamOf(connection: PoolConnection): Socket {
  return inside(connection).stream;
}

/** Watches a connection for how long the database has owed an answer on it without a word. */
export class Silence {
  private owed = 0;
  private heardAt = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param onSilent called once after `ms` of it */
  constructor(
    private readonly connection: PoolConnection,
    private readonly ms: number,
    private readonly onSilent: () => void,
  ) {
    const { stream } = inside(connection);
    const add = inside(connection).addCommand.bind(connection);
    // Of this connection only, and until mysql2 itself replaces it when the connection is over.
    inside(connection).addCommand = (command) => {
      this.asked();
      command.once('end', () => (this.owed -= 1));
      return add(command);
    };
    stream.on('data', () => (this.heardAt = performance.now()));
    stream.once('close', () => this.stop());
  }

  /** How long it has lasted, in ms; 0 when nothing is owed. */
  get lasted(): number {
    return this.owed > 0 ? performance.now() - this.heardAt : 0;
  }

  /** @param error what every query on the connection fails with */
  breakOff(error: Error): void {
    inside(this.connection).stream.destroy(error);
  }

  private asked(): void {
    if (this.owed === 0) this.heardAt = performance.now();
    this.owed += 1;
    this.timer ??= this.after(this.ms);
  }

  /** The timer goes on while there are queries; most of them need no timer of their own. */
  private after(ms: number): NodeJS.Timeout {
    // After a pause of this process, what came meanwhile is read first.
    return setTimeout(() => setImmediate(() => this.look()), ms).unref();
  }

  private look(): void {
    this.timer = undefined;
    if (this.owed === 0) return;
    const left = this.ms - this.lasted;
    if (left > 0) this.timer = this.after(left);
    else this.onSilent();
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.owed = 0;
  }
}

function inside(connection: PoolConnection): Inside {
  return connection as unknown as Inside;
}
