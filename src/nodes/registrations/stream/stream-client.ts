import { type ServerResponse } from 'node:http';
import { type ReplayBuffer } from './replay-buffer';

const HEARTBEAT = Buffer.from(': heartbeat\n\n');

/**
 * One client of a stream. It is given the next frames only once it has taken the last ones, so that what
 * it has not read waits in the log that all share, and costs nothing more.
 */
export class StreamClient {
  /** Since when it has not taken what was written; null: it has. */
  private waitingSince: number | null = null;

  /**
   * @param position the last frame that it has
   * @param lost called when it is so late that the log no longer holds what comes next
   */
  constructor(
    private readonly response: ServerResponse,
    private readonly log: ReplayBuffer,
    private position: number,
    private readonly lost: () => void,
  ) {
    // `close` follows, and is heard by who made this.
    response.on('error', () => undefined);
    response.on('drain', () => {
      this.waitingSince = null;
      this.pump();
    });
  }

  /** Writes whatever it takes. */
  pump(): void {
    while (!this.response.destroyed && !this.response.writableEnded) {
      const next = this.log.after(this.position);
      if (next === 'lost') return this.lost();
      if (next === null || this.waitingSince !== null) return;
      this.position = next.last;
      this.write(next.bytes);
    }
  }

  write(bytes: Buffer | string): void {
    if (!this.response.write(bytes)) this.waitingSince ??= performance.now();
  }

  beat(): void {
    if (this.waitingSince === null) this.write(HEARTBEAT);
  }

  /** How long it has not taken what was written, in ms. */
  get waitedMs(): number {
    return this.waitingSince === null ? 0 : performance.now() - this.waitingSince;
  }

  /** Ends the answer; one who does not read is not waited for. */
  end(): void {
    if (this.waitingSince === null) this.response.end();
    else this.drop();
  }

  drop(): void {
    this.response.destroy();
  }
}
