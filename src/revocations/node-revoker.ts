import { dropContacts, flushUser, userExists } from '../freeswitch/commands';
import { type EslClient, type EslEvent } from '../freeswitch/esl-client';
import { EslUnexpectedReply } from '../freeswitch/esl-errors';
import { type Revocation } from './revocation.entity';

/** Where a node's revocations are kept, and what is known of their users. */
export interface RevocationStore {
  /** The oldest revocations of the node that are not among `except`. */
  pending(node: string, except: readonly number[]): Promise<Revocation[]>;
  remove(id: number): Promise<void>;
  /** Whether the user may have a phone again by now: the number may have been given anew. */
  mayHavePhone(revocation: Revocation): Promise<boolean>;
  /** Resolves when no answer about the user is on its way from this process to a node. */
  settled(revocation: Revocation): Promise<void>;
}

export interface RevokerOptions {
  profiles: readonly string[];
  report: (result: 'done' | 'failed', error?: unknown) => void;
}

/** One revocation on its way: a first pass at once, a second when no old answer can be about any more. */
interface Job {
  revocation: Revocation;
  pass: 'first' | 'second';
  /** When it is to be worked on next. */
  due: number;
  /** When the second pass, done, is the last word. */
  confirmAt: number;
  failures: number;
  running: boolean;
}

/**
 * How long after the first pass the second one follows: longer than any lookup may take (also one that
 * another instance answers), so that an answer from before the change is out of the cache for good.
 */
const SECOND_PASS_AFTER_MS = 3_000;
const POLL_MS = 10_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const AT_ONCE = 8;
const MOST_JOBS = 2_000;
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

/** Carries out one node's revocations; one that fails is tried again later and holds up no other. */
export class NodeRevoker {
  private readonly jobs = new Map<number, Job>();
  private readonly endListening: () => void;
  private waiters: { ids: Set<number>; done: () => void }[] = [];
  private running: Promise<void> | null = null;
  private again = false;
  /** After a failure of the database. */
  private restUntil = 0;
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

  /** Works on what is pending; called again when there is more, or the node is back. */
  wake(): void {
    this.again = true;
    if (this.stopped || this.running || this.node.status !== 'ready') return;
    this.running = this.work().finally(() => {
      this.running = null;
      this.plan();
    });
  }

  /** Resolves when these have had their first pass, or an attempt at them failed. */
  attempted(revocations: readonly Revocation[]): Promise<void> {
    if (this.node.status !== 'ready' || revocations.length === 0) return Promise.resolve();
    return new Promise((done) => {
      this.waiters.push({ ids: new Set(revocations.map(({ id }) => id)), done });
      this.add(revocations);
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

  /** Loads and works until nothing is due. */
  private async work(): Promise<void> {
    try {
      while (this.again && this.node.status === 'ready' && !this.stopped) {
        this.again = false;
        await this.load();
        await Promise.all(Array.from({ length: AT_ONCE }, () => this.workThrough()));
      }
    } catch (error) {
      this.again = false;
      this.restUntil = Date.now() + FIRST_PAUSE_MS;
      this.options.report('failed', error);
    }
    if (!this.again || this.node.status !== 'ready') this.release();
  }

  private async load(): Promise<void> {
    if (this.jobs.size >= MOST_JOBS) return;
    const pending = await this.store.pending(this.node.name, [...this.jobs.keys()]);
    this.add(pending);
    if (pending.length > 0) this.again = true;
  }

  private add(revocations: readonly Revocation[]): void {
    const fresh = { pass: 'first', due: 0, confirmAt: 0, failures: 0, running: false } as const;
    for (const revocation of revocations) {
      if (this.jobs.size < MOST_JOBS && !this.jobs.has(revocation.id)) {
        this.jobs.set(revocation.id, { revocation, ...fresh });
      }
    }
  }

  private async workThrough(): Promise<void> {
    for (let job = this.next(); job; job = this.next()) await this.attempt(job);
  }

  /** What is due, first passes first. */
  private next(): Job | undefined {
    if (this.stopped || this.node.status !== 'ready') return undefined;
    const now = Date.now();
    const due = [...this.jobs.values()].filter((job) => !job.running && job.due <= now);
    return due.find(({ pass }) => pass === 'first') ?? due[0];
  }

  private async attempt(job: Job): Promise<void> {
    job.running = true;
    try {
      if (job.pass === 'first') await this.firstPass(job);
      else await this.secondPass(job);
      job.failures = 0;
      this.options.report('done');
    } catch (error) {
      // A session that was lost is not the job's fault: it stays due, for when the node is back.
      if (this.node.status !== 'ready') return;
      job.failures += 1;
      const limit = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(job.failures, 10));
      job.due = Date.now() + limit * (0.5 + Math.random() / 2);
      this.options.report('failed', error);
    } finally {
      job.running = false;
      this.settle(job.revocation.id);
    }
  }

  private async firstPass(job: Job): Promise<void> {
    await this.store.settled(job.revocation);
    await this.forget(job.revocation);
    if (job.revocation.dropContacts) await this.dropContacts(job.revocation);
    job.pass = 'second';
    job.confirmAt = Date.now() + SECOND_PASS_AFTER_MS;
    job.due = job.confirmAt;
  }

  /** Contacts stay when the number has been given to someone new since. */
  private async secondPass(job: Job): Promise<void> {
    // Before the work, so that a REGISTER seen while it lasts makes this due again.
    job.due = job.confirmAt;
    const gone = await this.forget(job.revocation);
    if (gone && job.revocation.dropContacts) await this.dropContacts(job.revocation);
    if (Date.now() < job.confirmAt) return;
    await this.store.remove(job.revocation.id);
    this.jobs.delete(job.revocation.id);
  }

  /** A phone that an answer on its way let in between the passes is put out at once. */
  private watch(event: EslEvent): void {
    if (event['Event-Subclass'] !== 'sofia::register') return;
    for (const job of this.jobs.values()) {
      const { sipUser, sipDomain, dropContacts } = job.revocation;
      if (!dropContacts || event.username !== sipUser || event.realm !== sipDomain) continue;
      job.due = 0;
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

  /** In every profile; one that the node lacks keeps none of the others from it. */
  private async dropContacts({ sipUser, sipDomain }: Revocation): Promise<void> {
    const drops = this.options.profiles.map((profile) =>
      dropContacts(this.node, profile, sipUser, sipDomain),
    );
    const failed = (await Promise.allSettled(drops)).find((drop) => drop.status === 'rejected');
    if (failed) throw failed.reason;
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

  /** The next look: when something is due, and now and then for what other instances wrote. */
  private plan(): void {
    if (this.timer) clearTimeout(this.timer);
    // A node that is away wakes us when it is back.
    if (this.stopped || this.node.status !== 'ready') return;
    if (this.again) {
      this.wake();
      return;
    }
    const poll = POLL_MS * (0.5 + Math.random());
    const due = Math.min(...[...this.jobs.values()].map((job) => job.due - Date.now()), poll);
    this.timer = setTimeout(() => this.wake(), Math.max(0, due, this.restUntil - Date.now()));
  }
}
