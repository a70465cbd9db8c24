/** Who wants to hear of a thing; one that throws is reported and harms nobody else. */
export class Listeners<T> {
  readonly #entries = new Set<{ readonly hear: (value: T) => void }>();

  constructor(private readonly report: (error: unknown) => void) {}

  /** @returns a function that ends the listening. */
  add(hear: (value: T) => void): () => void {
    const entry = { hear };
    this.#entries.add(entry);
    return () => void this.#entries.delete(entry);
  }

  emit(value: T): void {
    for (const entry of [...this.#entries]) {
      try {
        entry.hear(value);
      } catch (error) {
        this.report(error);
      }
    }
  }
}
