import { EslConnectionLost, EslDeadlineMissed } from './esl-errors';

interface Pending {
  readonly deadlineMs: number;
  readonly reject: (error: Error) => void;
  readonly missed: () => void;
}

/**
 * The commands that were sent and wait for their answers, in their order. FreeSWITCH answers one at a
 * time, so a command's deadline runs from when it is the oldest: waiting for others is not its fault.
 */
export class PendingCommands {
  #waiting: Pending[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly node: string) {}

  get size(): number {
    return this.#waiting.length;
  }

  /**
   * Waits for one answer. `send` is given the function to call with it.
   * When the deadline passes first, the promise rejects with EslDeadlineMissed and then `missed` is called.
   */
  wait(
    deadlineMs: number,
    send: (answer: (body: string) => void) => void,
    missed: () => void,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      const pending: Pending = { deadlineMs, reject, missed };
      this.#waiting.push(pending);
      if (this.#waiting[0] === pending) this.#watchOldest();
      // Answers come in order, so this is always the oldest's.
      send((body) => {
        this.#waiting.shift();
        this.#watchOldest();
        resolve(body);
      });
    });
  }

  rejectAll(reason: string): void {
    clearTimeout(this.#timer);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(new EslConnectionLost(this.node, reason));
  }

  #watchOldest(): void {
    clearTimeout(this.#timer);
    const [oldest] = this.#waiting;
    if (!oldest) return;
    const late = (): void => {
      if (this.#waiting[0] !== oldest) return;
      this.#waiting.shift();
      oldest.reject(new EslDeadlineMissed(this.node, oldest.deadlineMs));
      oldest.missed();
    };
    // Timers come before sockets: after a stall the answer may lie there unread.
    this.#timer = setTimeout(() => setImmediate(late), oldest.deadlineMs);
  }
}
