import { WAIT_MS, within } from './within';

/** A place where work can be held and let go on. */
export class Gate {
  #closed = false;
  #held = 0;
  readonly #passing = new Set<() => void>();
  readonly #watching = new Set<() => void>();

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
  }

  open(): void {
    this.#closed = false;
    for (const pass of [...this.#passing]) pass();
    this.#passing.clear();
    this.#held = 0;
  }

  /** Resolves at once when open, else when it is opened. */
  async pass(): Promise<void> {
    if (!this.#closed) return;
    this.#held += 1;
    for (const seen of [...this.#watching]) seen();
    this.#watching.clear();
    await new Promise<void>((resolve) => this.#passing.add(resolve));
  }

  /** Resolves once something is held here. */
  async waitForHeld(timeoutMs = WAIT_MS): Promise<void> {
    if (this.#held > 0) return;
    await within(timeoutMs, 'something held', new Promise<void>((resolve) => this.#watching.add(resolve)));
  }
}
