const MOST_TEXTS = 10_000;

/** One text for all that say the same: agents, domains, profiles. */
export class SharedTexts {
  private readonly texts = new Map<string, string>();

  of(text: string): string {
    const known = this.texts.get(text);
    if (known !== undefined) return known;
    const copy = copied(text);
    if (this.texts.size < MOST_TEXTS) this.texts.set(copy, copy);
    return copy;
  }
}

/** A text of its own, not a part of the long one that was read. */
export const copied = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');
