import type { DirectoryUser } from './directory-xml';

/** FreeSWITCH's user cache, with its key and its arithmetic. */
export class UserCache {
  readonly #entries = new Map<string, { user: DirectoryUser; expiresAtUs: number | null }>();

  /** @param now the time in ms. */
  constructor(private readonly now: () => number) {}

  get size(): number {
    return this.#entries.size;
  }

  find(user: string, domain: string): DirectoryUser | null {
    const entry = this.#entries.get(key(user, domain));
    if (!entry) return null;
    return entry.expiresAtUs === null || entry.expiresAtUs >= this.now() * 1000 ? entry.user : null;
  }

  /** Keeps a user that says it is `cacheable`: a number is milliseconds, any other word means for ever. */
  keep(user: string, domain: string, found: DirectoryUser): void {
    if (!found.cacheable) return;
    const expires = /^\d+$/.test(found.cacheable)
      ? // FreeSWITCH multiplies in 32 bits: above 2,147,483 ms the product is mostly negative.
        this.now() * 1000 + Math.imul(Number(found.cacheable), 1000)
      : null;
    this.#entries.set(key(user, domain), { user: found, expiresAtUs: expires });
  }

  /** @returns how many entries were there; an expired one counts. */
  remove(user: string, domain: string): number {
    return this.#entries.delete(key(user, domain)) ? 1 : 0;
  }

  clear(): number {
    const count = this.#entries.size;
    this.#entries.clear();
    return count;
  }
}

/** Without a separator, as FreeSWITCH has it. */
const key = (user: string, domain: string): string => `id${user}${domain}`;
