import { EslConnectionLost, EslDeadlineMissed } from './esl-errors';

interface Pending {
  readonly timer: NodeJS.Timeout;
  readonly reject: (error: Error) => void;
}

/** The commands that were sent and wait for their answers, each with its deadline. */
export class PendingCommands {
  readonly #waiting = new Set<Pending>();

  constructor(private readonly node: string) {}

  get size(): number {
    return this.#waiting.size;
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
      const timer = setTimeout(() => {
        this.#waiting.delete(pending);
        reject(new EslDeadlineMissed(this.node, deadlineMs));
        missed();
      }, deadlineMs);
      const pending: Pending = { timer, reject };
      this.#waiting.add(pending);
      send((body) => {
        clearTimeout(timer);
        this.#waiting.delete(pending);
        resolve(body);
      });
    });
  }

  rejectAll(reason: string): void {
    for (const { timer, reject } of this.#waiting) {
      clearTimeout(timer);
      reject(new EslConnectionLost(this.node, reason));
    }
    this.#waiting.clear();
  }
}
