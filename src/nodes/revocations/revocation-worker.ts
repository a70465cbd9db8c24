import { now } from '../../core/time';
import { type EslClient, type EslEvent } from '../../freeswitch/esl-client';
import { type Contacts, RevocationSteps, type Users } from './revocation-steps';
import { type RevocationTimings } from './revocation-timings';
import { codeOf, isClaimed, type RevocationTask, noProgress, type TaskProgress } from './revocation-task';
import { type RevocationNode } from '../../schema/revocation-node.entity';

/** Where a node's work is kept. */
export interface WorkStore extends Users {
  /** The oldest `most` pending works of the node that no other process is at, now this one's. */
  take(node: string, except: readonly number[], most: number): Promise<RevocationNode[]>;
  /**
   * Claims works of one node again whose claims have run out.
   * @returns the ids of those that are still pending and no other process is at
   */
  claim(works: readonly RevocationNode[]): Promise<Set<number>>;
  /** Adds to the receipt, and prolongs the claim. */
  save(work: RevocationNode, progress: TaskProgress): Promise<void>;
}

export interface RevocationWorkerOptions {
  profiles: readonly string[];
  contacts: Contacts;
  timings: RevocationTimings;
  report: (result: 'done' | 'failed', error?: unknown) => void;
}

const POLL_MS = 10_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const AT_ONCE = 8;
/** Loaded from the database at a time, once no more than so many wait for their first pass. */
const BATCH = 200;
const MOST_JOBS = 2_000;

/** Carries out one node's revocations; one that fails is tried again later and holds up no other. */
export class RevocationWorker {
  private readonly jobs = new Map<number, RevocationTask>();
  private readonly running = new Set<Promise<void>>();
  private readonly work: RevocationSteps;
  private readonly endListening: () => void;
  private waiters: { ids: Set<number>; done: () => void }[] = [];
  /** Whether the database may hold work that is not among the jobs. */
  private stale = false;
  private loading = false;
  private atWork = 0;
  private renewing: Promise<void> | null = null;
  private nextPoll = 0;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(
    private readonly node: EslClient,
    private readonly store: WorkStore,
    private readonly options: RevocationWorkerOptions,
  ) {
    this.work = new RevocationSteps(node, options.profiles, store, options.contacts);
    this.endListening = node.onEvent((event) => this.watch(event));
  }

  get name(): string {
    return this.node.name;
  }

  /** Looks in the database for work; called when there may be more, or the node is back. */
  wake(): void {
    this.stale = true;
    this.go();
  }

  /** Resolves when these have had their first pass, or an attempt at them failed. */
  attempted(works: readonly RevocationNode[]): Promise<void> {
    if (this.stopped || this.node.status !== 'ready' || works.length === 0) return Promise.resolve();
    return new Promise((done) => {
      this.waiters.push({ ids: new Set(works.map(({ revocationId }) => revocationId)), done });
      // Of a change of very many users each takes its turn, and none is in the way of another change.
      if (works.length <= BATCH) this.add(works);
      else this.stale = true;
      this.go();
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.endListening();
    if (this.timer) clearTimeout(this.timer);
    await Promise.all(this.running);
    this.release();
  }

  /** Starts what is due, and plans the next look. A node that is away wakes us when it is back. */
  private go(): void {
    if (this.stopped) return;
    if (this.node.status !== 'ready') {
      if (this.running.size === 0) this.release();
      return;
    }
    if (this.stale && !this.loading && this.hasRoom()) this.run(this.load());
    while (this.atWork < AT_ONCE) {
      const job = this.next();
      if (!job) break;
      this.run(this.attempt(job));
    }
    this.plan();
  }

  private hasRoom(): boolean {
    let waiting = 0;
    for (const { pass } of this.jobs.values()) if (pass === 'first') waiting += 1;
    return waiting <= BATCH && this.jobs.size <= MOST_JOBS - BATCH;
  }

  private run(work: Promise<void>): void {
    this.running.add(work);
    void work.finally(() => {
      this.running.delete(work);
      this.go();
    });
  }

  private async load(): Promise<void> {
    this.loading = true;
    this.stale = false;
    try {
      const found = await this.store.take(this.node.name, [...this.jobs.keys()], BATCH);
      this.add(found);
      if (found.length > 0) this.stale = true;
    } catch (error) {
      this.options.report('failed', error);
    } finally {
      this.loading = false;
    }
  }

  private add(works: readonly RevocationNode[]): void {
    const later = Date.now() + this.options.timings.secondPass;
    for (const work of works) {
      if (this.jobs.has(work.revocationId)) continue;
      if (this.jobs.size >= MOST_JOBS) {
        this.stale = true;
        return;
      }
      // Flushed already, by a process that is no more: who registered since may stay.
      const begun = work.flushedAt !== null;
      const times = begun ? { due: later, confirmAt: later } : { due: 0, confirmAt: 0 };
      const pass = begun ? 'second' : 'first';
      this.jobs.set(work.revocationId, {
        ...{ work, pass, ...times, failures: 0, running: false },
        progress: noProgress(),
      });
    }
  }

  /** What is due, first passes first, and of these the newest: somebody waits for its answer. */
  private next(): RevocationTask | undefined {
    const time = Date.now();
    let first: RevocationTask | undefined;
    let second: RevocationTask | undefined;
    for (const job of this.jobs.values()) {
      if (job.running || job.due > time) continue;
      if (job.pass === 'first') first = job;
      else second ??= job;
    }
    return first ?? second;
  }

  private async attempt(job: RevocationTask): Promise<void> {
    job.running = true;
    this.atWork += 1;
    try {
      if (!isClaimed(job)) await (this.renewing ??= this.renew());
      if (this.jobs.has(job.work.revocationId)) await this.pass(job);
      job.failures = 0;
    } catch (error) {
      // A session that was lost is not the job's fault: it stays due, for when the node is back.
      if (this.node.status === 'ready') this.putOff(job, error);
    } finally {
      job.running = false;
      this.atWork -= 1;
      this.settle(job.work.revocationId);
    }
  }

  /** Claims again what waited for longer than its claim lasts; others may have it by now. */
  private async renew(): Promise<void> {
    const lapsed = [...this.jobs.values()].filter((job) => !isClaimed(job)).map(({ work }) => work);
    try {
      const ours = await this.store.claim(lapsed);
      for (const work of lapsed) if (!ours.has(work.revocationId)) this.jobs.delete(work.revocationId);
    } finally {
      this.renewing = null;
    }
  }

  private putOff(job: RevocationTask, error: unknown): void {
    job.failures += 1;
    const limit = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(job.failures, 10));
    job.due = Date.now() + limit * (0.5 + Math.random() / 2);
    this.options.report('failed', error);
  }

  /** One pass and its entry in the receipt, also when it failed; what could not be entered is with the next. */
  private async pass(job: RevocationTask): Promise<void> {
    const { work, progress } = job;
    progress.attempts += 1;
    progress.lastError = null;
    let failed: { error: unknown } | null = null;
    try {
      if (job.pass === 'first') await this.firstPass(job);
      else await this.secondPass(job);
    } catch (error) {
      failed = { error };
      progress.lastError = codeOf(error);
    }
    await this.store.save(work, progress);
    job.progress = noProgress();
    if (progress.verifiedAt) this.jobs.delete(work.revocationId);
    if (failed) throw failed.error;
    this.options.report('done');
  }

  private async firstPass(job: RevocationTask): Promise<void> {
    await this.work.firstPass(job.work.revocation, job.progress);
    job.progress.flushedAt = now();
    job.pass = 'second';
    job.confirmAt = Date.now() + this.options.timings.secondPass;
    job.due = job.confirmAt;
  }

  private async secondPass(job: RevocationTask): Promise<void> {
    // Before the work, so that a REGISTER seen while it lasts makes this due again.
    job.due = job.confirmAt;
    const last = Date.now() >= job.confirmAt;
    await this.work.secondPass(job.work.revocation, job.progress);
    if (last && job.due !== 0) job.progress.verifiedAt = now();
  }

  /** A phone that an answer on its way let in between the passes is put out at once. */
  private watch(event: EslEvent): void {
    if (event['Event-Subclass'] !== 'sofia::register') return;
    for (const job of this.jobs.values()) {
      const { sipUser, sipDomain, dropContacts } = job.work.revocation;
      if (!dropContacts || event.username !== sipUser || event.realm !== sipDomain) continue;
      job.due = 0;
      this.go();
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
    // With every hand full, the first that is free looks again.
    if (this.atWork === AT_ONCE) return;
    const time = Date.now();
    let next = this.nextPoll;
    for (const { running, due } of this.jobs.values()) {
      if (!running && due > time && due < next) next = due;
    }
    this.timer = setTimeout(
      () => {
        if (Date.now() >= this.nextPoll) {
          this.stale = true;
          this.nextPoll = Date.now() + POLL_MS * (0.5 + Math.random());
        }
        this.go();
      },
      Math.max(10, next - time),
    );
  }
}
