import { type EslClient, type EslEvent } from '../freeswitch/esl-client';
import { dropContacts, flushUser, userExists } from '../freeswitch/commands';
import { EslUnexpectedReply } from '../freeswitch/esl-errors';
import { type Revocation } from './revocation.entity';

/** Where a node's revocations are kept, and what is known of their users. */
export interface RevocationStore {
  /** The oldest revocations of the node that are not among `except`. */
  pending(node: string, except: readonly number[]): Promise<Revocation[]>;
  remove(ids: readonly number[]): Promise<void>;
  /** Whether the user may have a phone again by now: the number may have been given anew. */
  mayHavePhone(revocation: Revocation): Promise<boolean>;
  /** Resolves when no answer about the user is on its way from this process to a node. */
  settled(revocation: Revocation): Promise<void>;
}

export interface RevokerOptions {
  profiles: readonly string[];
  report: (result: 'done' | 'failed', error?: unknown) => void;
  /** Made shorter by tests. */
  confirmAfterMs?: number;
}

interface Unconfirmed {
  revocation: Revocation;
  /** When the second pass is. */
  due: number;
  /** A phone has come in as this user since the first pass. */
  intruded: boolean;
}

/**
 * How long after the first pass a second one follows: longer than any lookup may take (also one that
 * another instance answers), so that an answer from before the change is out of the cache for good.
 */
const CONFIRM_AFTER_MS = 3_000;
const POLL_MS = 10_000;
const ATTEMPTS = 3;
/** The node asks us back for this, and waits 2 s for our answer. */
const KNOWS_DEADLINE_MS = 3_000;

/** A node still lets in a user that may have no phone: another binding or a static file knows it. */
export class StillKnown extends Error {
  readonly code = 'still_known';

  constructor(node: string) {
    super(
      `${node} still knows a user that Dialplane does not; look for other xml_curl bindings and static users.`,
    );
  }
}

/** Carries out one node's revocations, oldest first, one at a time. */
export class NodeRevoker {
  /** Revocations whose first pass is done, by id; the one that is due first stands first. */
  private readonly unconfirmed = new Map<number, Unconfirmed>();
  private readonly endListening: () => void;
  private waiters: { ids: Set<number>; done: () => void }[] = [];
  private running: Promise<void> | null = null;
  private again = false;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(
    private readonly node: EslClient,
    private readonly store: RevocationStore,
    private readonly options: RevokerOptions,
  ) {
    this.endListening = node.onEvent((event) => this.watch(event));
  }

  get name(): string {
    return this.node.name;
  }

  /** Works on what is pending, now and later; called again when there is more, or the node is back. */
  wake(): void {
    this.again = true;
    if (this.stopped || this.running) return;
    this.running = this.work().finally(() => {
      this.running = null;
      if (this.again && this.node.status === 'ready') this.wake();
      else this.plan();
    });
  }

  /** Resolves when these have had their first pass, or an attempt at them failed. */
  attempted(ids: readonly number[]): Promise<void> {
    if (this.node.status !== 'ready') return Promise.resolve();
    return new Promise((done) => {
      this.waiters.push({ ids: new Set(ids), done });
      this.wake();
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.endListening();
    if (this.timer) clearTimeout(this.timer);
    await this.running;
    this.release();
  }

  private async work(): Promise<void> {
    try {
      while (this.again && this.node.status === 'ready' && !this.stopped) {
        this.again = false;
        await this.confirmDue();
        const pending = await this.store.pending(this.node.name, [...this.unconfirmed.keys()]);
        for (const revocation of pending) await this.firstPass(revocation);
        if (pending.length > 0) this.again = true;
      }
    } catch (error) {
      this.again = false;
      this.options.report('failed', error);
    } finally {
      this.release();
    }
  }

  private async firstPass(revocation: Revocation): Promise<void> {
    await this.store.settled(revocation);
    await this.forget(revocation);
    if (revocation.dropContacts) await this.dropContacts(revocation);
    const due = Date.now() + (this.options.confirmAfterMs ?? CONFIRM_AFTER_MS);
    this.unconfirmed.set(revocation.id, { revocation, due, intruded: false });
    this.options.report('done');
    this.settle(revocation.id);
  }

  /** The second pass; contacts stay when the number has been given to someone new since. */
  private async confirmDue(): Promise<void> {
    for (const [id, waiting] of this.unconfirmed) {
      const { revocation, due } = waiting;
      if (due > Date.now() && !waiting.intruded) continue;
      waiting.intruded = false;
      const gone = await this.forget(revocation);
      if (gone && revocation.dropContacts) await this.dropContacts(revocation);
      if (due > Date.now()) continue;
      await this.store.remove([id]);
      this.unconfirmed.delete(id);
    }
  }

  /** A phone that an answer on its way let in between the passes is put out at once. */
  private watch(event: EslEvent): void {
    if (event['Event-Subclass'] !== 'sofia::register') return;
    for (const waiting of this.unconfirmed.values()) {
      const { sipUser, sipDomain, dropContacts } = waiting.revocation;
      if (!dropContacts || event.username !== sipUser || event.realm !== sipDomain) continue;
      waiting.intruded = true;
      this.wake();
    }
  }

  /**
   * Takes the user out of the node's cache, and answers whether it may not have a phone any more.
   *
   * Asking the node makes it look the user up again, which lasts as long as a lookup of its own that
   * had already read the old answer; if that came in meanwhile, the second flush finds it. Of a user
   * that is gone the node itself must say that it knows it no longer.
   * @throws StillKnown
   */
  private async forget(revocation: Revocation): Promise<boolean> {
    const { sipUser, sipDomain } = revocation;
    const gone = !(await this.store.mayHavePhone(revocation));
    await flushUser(this.node, sipUser, sipDomain);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const known = await this.knows(sipUser, sipDomain);
      const cleared = await flushUser(this.node, sipUser, sipDomain);
      if (!gone) return false;
      if (!known && cleared === 0) return true;
    }
    throw new StillKnown(this.node.name);
  }

  private async dropContacts({ sipUser, sipDomain }: Revocation): Promise<void> {
    for (const profile of this.options.profiles) await dropContacts(this.node, profile, sipUser, sipDomain);
  }

  private async knows(user: string, domain: string): Promise<boolean> {
    try {
      return await userExists(this.node, user, domain, KNOWS_DEADLINE_MS);
    } catch (error) {
      if (error instanceof EslUnexpectedReply) return false;
      throw error;
    }
  }

  private settle(id: number): void {
    this.waiters = this.waiters.filter((waiter) => {
      waiter.ids.delete(id);
      if (waiter.ids.size === 0) waiter.done();
      return waiter.ids.size > 0;
    });
  }

  private release(): void {
    for (const waiter of this.waiters) waiter.done();
    this.waiters = [];
  }

  /** The next look: when a second pass is due, and at times of its own for what other instances wrote. */
  private plan(): void {
    if (this.stopped) return;
    if (this.timer) clearTimeout(this.timer);
    const [next] = this.unconfirmed.values();
    const poll = POLL_MS * (0.5 + Math.random());
    const wait = next ? Math.max(0, Math.min(poll, next.due - Date.now())) : poll;
    this.timer = setTimeout(() => this.wake(), wait);
  }
}
