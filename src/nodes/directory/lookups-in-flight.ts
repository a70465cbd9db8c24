import { type Socket } from 'node:net';
import { withDeadline } from '../../core/deadline';

/** How long after its answer a lookup counts as being read, where the client keeps its connection open. */
const KEPT_OPEN_MS = 250;

interface Lookup {
  readonly over: Promise<void>;
  end(): void;
  keptOpen?: NodeJS.Timeout;
}

/**
 * Which users FreeSWITCH is being told about at this moment.
 *
 * FreeSWITCH fact: a lookup in flight while a flush runs puts the old answer back into the cache. So
 * whoever flushes first waits for the lookups under way. One ends when FreeSWITCH closes its
 * connection (it opens one for each lookup and closes it once it has read the answer), or when the
 * next request comes in on it.
 */
export class LookupsInFlight {
  private readonly bySocket = new WeakMap<Socket, Lookup>();
  private readonly byUser = new Map<string, Set<Lookup>>();

  /** A lookup of `user` (number@domain) came in on `socket`. */
  begin(user: string, socket: Socket): void {
    if (socket.destroyed) return;
    const before = this.bySocket.get(socket);
    if (before) before.end();
    else socket.once('close', () => this.bySocket.get(socket)?.end());
    const lookup = this.lookup(user);
    this.bySocket.set(socket, lookup);
    const others = this.byUser.get(user);
    if (others) others.add(lookup);
    else this.byUser.set(user, new Set([lookup]));
  }

  /** The answer to the lookup on `socket` has been handed to the system. */
  answered(socket: Socket): void {
    const lookup = this.bySocket.get(socket);
    if (lookup) lookup.keptOpen = setTimeout(() => lookup.end(), KEPT_OPEN_MS).unref();
  }

  /** Resolves when every lookup of `user` that is under way now has ended, after `deadlineMs` at the latest. */
  async settled(user: string, deadlineMs: number): Promise<void> {
    const lookups = [...(this.byUser.get(user) ?? [])];
    const all = Promise.all(lookups.map((lookup) => lookup.over)).then(() => undefined);
    if (lookups.length > 0) await withDeadline(all, deadlineMs, () => undefined);
  }

  private lookup(user: string): Lookup {
    let resolve = (): void => undefined;
    const over = new Promise<void>((done) => (resolve = done));
    const lookup: Lookup = {
      over,
      end: () => {
        clearTimeout(lookup.keptOpen);
        const others = this.byUser.get(user);
        others?.delete(lookup);
        if (others?.size === 0) this.byUser.delete(user);
        resolve();
      },
    };
    return lookup;
  }
}
