import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type AuthContext } from '../../accounts/auth-context';
import { ServiceUnavailable } from '../../core/errors';
import { now } from '../../core/time';
import { Transactions } from '../../platform/database/transactions';
import { isUnavailable, OutcomeUnknown } from '../../platform/database/unavailable';
import { ImportJob, isOver } from '../../schema/import-job.entity';
import { AccessRevoked } from './import-access.service';
import { type Candidate } from './import-row';
import { ALREADY_RUNNING, ImportJobsRepository, scopeKey, stoppedMessage } from './import-jobs.repository';
import { ImportExecutor } from './import-executor';
import { ImportStopped, RunningImport } from './running-import';

const MOST_AT_WORK = 2;
const MOST_WAITING = 20;
const FULL_RETRY_S = 30;
const HEARTBEAT_MS = 5_000;
const PURGE_EVERY_MS = 3_600_000;

/** The imports that this process has taken on: a few at work, some waiting. */
@Injectable()
export class ImportQueue implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger(ImportQueue.name);
  private readonly waiting: RunningImport[] = [];
  private readonly atWork = new Map<RunningImport, Promise<void>>();
  /** Tenants of whom one is being accepted, waits, or is at work. */
  private readonly busy = new Set<number>();
  private timers: NodeJS.Timeout[] = [];
  private beating: Promise<void> | null = null;
  private stopped = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly store: ImportJobsRepository,
    private readonly work: ImportExecutor,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.purge();
    this.timers = [
      setInterval(() => void this.beat(), HEARTBEAT_MS),
      setInterval(() => void this.purge(), PURGE_EVERY_MS),
    ];
  }

  /** What is not committed is rolled back. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    for (const running of this.atWork.keys()) running.stop();
    for (const running of this.waiting.splice(0)) await this.fail(running, new ImportStopped());
    await Promise.all(this.atWork.values());
  }

  async onApplicationShutdown(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.beating;
  }

  /**
   * Takes an import on; it begins when its turn comes.
   * @param read its rows, for which nobody is made to wait who is refused anyway
   * @throws Conflict while another one of the tenant is under way
   * @throws ServiceUnavailable when too many are waiting, or Dialplane is stopping
   */
  async accept(
    account: AuthContext,
    asked: Pick<ImportJob, 'action' | 'mode' | 'dryRun'>,
    read: () => Promise<readonly Candidate[]>,
  ): Promise<ImportJob> {
    const { tenantId, userId, tokenId, scope } = account;
    if (this.busy.has(tenantId)) throw ALREADY_RUNNING;
    const places = MOST_AT_WORK + MOST_WAITING;
    if (this.stopped || this.busy.size >= places) throw new ServiceUnavailable(FULL_RETRY_S);
    this.busy.add(tenantId);
    try {
      await this.store.refuseSecond(tenantId);
      const candidates = await read();
      if (this.stopped) throw new ServiceUnavailable(FULL_RETRY_S);
      const job = await this.store.create(
        this.dataSource.manager.create(ImportJob, {
          ...{ tenantId, userId, tokenId, scope: scopeKey(scope), ...asked },
          ...{ status: 'queued', total: candidates.length },
          ...{ processed: 0, percent: 0, created: 0, updated: 0, unchanged: 0, failed: 0 },
          ...{ message: null, heartbeatAt: now(), createdAt: now(), finishedAt: null },
        }),
      );
      this.waiting.push(new RunningImport(job, account, candidates));
      // What the answer shows is how it was accepted.
      setImmediate(() => this.next());
      return { ...job };
    } catch (error) {
      this.busy.delete(tenantId);
      throw error;
    }
  }

  /** The import of that id, if this process has it. */
  find(id: number): RunningImport | undefined {
    return [...this.atWork.keys(), ...this.waiting].find(({ job }) => job.id === id);
  }

  private next(): void {
    while (!this.stopped && this.atWork.size < MOST_AT_WORK) {
      const running = this.waiting.shift();
      if (!running) return;
      const done = this.run(running).finally(() => {
        this.atWork.delete(running);
        this.busy.delete(running.account.tenantId);
        this.next();
      });
      this.atWork.set(running, done);
    }
  }

  private async run(running: RunningImport): Promise<void> {
    const { job } = running;
    try {
      running.step({ status: 'running' });
      await this.transactions.run((manager) =>
        this.store.saveProgress(manager, job.id, { status: 'running' }),
      );
      await this.work.run(running);
    } catch (error) {
      if (error instanceof OutcomeUnknown) await this.work.tell(running);
      await this.fail(running, error);
    }
    const { id, status, created, updated, unchanged, failed } = job;
    this.logger.log(
      { event: 'import.finished', job: id, status, created, updated, unchanged, failed },
      'import finished',
    );
  }

  /** Whatever was committed stands, and so does what the job then said of itself. Never fails. */
  private async fail(running: RunningImport, error: unknown): Promise<void> {
    const { job } = running;
    const expected = error instanceof ImportStopped || error instanceof AccessRevoked;
    if (!expected) this.logger.error({ event: 'import.failed', job: job.id, err: error }, 'import failed');
    const outcome = { status: 'failed', message: messageOf(error, job), finishedAt: now() } as const;
    try {
      await this.transactions.run((manager) => this.store.saveProgress(manager, job.id, outcome));
      running.step(outcome);
    } catch {
      const kept = await this.dataSource.manager.findOneBy(ImportJob, { id: job.id }).catch(() => null);
      running.step(kept && isOver(kept) ? kept : outcome);
    }
  }

  private beat(): Promise<void> {
    const jobs = [...this.atWork.keys(), ...this.waiting].map(({ job }) => job);
    if (jobs.length === 0 || this.beating) return Promise.resolve();
    return (this.beating = this.store
      .heartbeat(jobs)
      .catch((error: unknown) =>
        this.logger.warn(
          { event: 'import.heartbeat_failed', err: error },
          'the heartbeat of running imports could not be written',
        ),
      )
      .finally(() => (this.beating = null)));
  }

  private async purge(): Promise<void> {
    try {
      await this.store.purge();
    } catch (error) {
      this.logger.warn({ event: 'import.purge_failed', err: error }, 'old imports could not be removed');
    }
  }
}

function messageOf(error: unknown, job: ImportJob): string {
  const told = stoppedMessage(job);
  if (error instanceof ImportStopped) return told;
  return told.replace('Dialplane was stopped during the import', reasonOf(error));
}

function reasonOf(error: unknown): string {
  if (error instanceof AccessRevoked) return 'The user or token that started it is no longer allowed to';
  return isUnavailable(error) ? 'The database was away' : 'Server error';
}
