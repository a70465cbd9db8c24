import { Injectable } from '@nestjs/common';
import { type AuthContext } from '../../accounts/auth-context';
import { Conflict, NotFound } from '../../core/errors';
import { idOf } from '../../core/id';
import { type RowRange } from '../../core/page';
import { ImportJob, isOver } from '../../schema/import-job.entity';
import { type Candidate } from './import-row';
import { type RowErrors } from './row-validator';
import { ImportQueue } from './import-queue.service';
import { ImportJobsRepository } from './import-jobs.repository';

/** An import, and whether passwords that it generated can still be fetched. */
export interface KnownImport {
  job: ImportJob;
  hasPasswords: boolean;
}

export interface ImportDetail extends KnownImport {
  /** By line. */
  errors: RowErrors[];
}

/** What an account does with its imports. */
@Injectable()
export class ImportsService {
  constructor(
    private readonly store: ImportJobsRepository,
    private readonly runner: ImportQueue,
  ) {}

  /**
   * Takes an import on, which then goes its way.
   * @param read reads what was sent; called only when the import is not refused anyway
   * @throws FieldInvalid, InvalidData, MalformedRequest, Conflict, ServiceUnavailable
   */
  async start(
    account: AuthContext,
    asked: Pick<ImportJob, 'action' | 'mode' | 'dryRun'>,
    read: () => Promise<readonly Candidate[]>,
  ): Promise<ImportDetail> {
    const job = await this.runner.accept(account, asked, read);
    return { job, hasPasswords: false, errors: [] };
  }

  /** @throws NotFound */
  async detail(account: AuthContext, id: string): Promise<ImportDetail> {
    const known = await this.withPasswords(await this.find(account, id));
    return { ...known, errors: await this.store.errors(known.job.id) };
  }

  async list(account: AuthContext, range: RowRange): Promise<[KnownImport[], number]> {
    const [found, total] = await this.store.list(account, range);
    const jobs = found.map((job) => this.atPresent(job));
    const withPasswords = await this.store.withPasswords(jobs.filter(isOver));
    return [jobs.map((job) => ({ job, hasPasswords: withPasswords.has(job.id) })), total];
  }

  /** The job as it is at this moment. @throws NotFound */
  async find(account: AuthContext, id: string): Promise<ImportJob> {
    const job = await this.store.find(account, idOf(id));
    return this.atPresent(job);
  }

  async withPasswords(job: ImportJob): Promise<KnownImport> {
    return { job, hasPasswords: await this.hasPasswords(job) };
  }

  /**
   * The passwords that were generated, as lines of CSV, a number and its password each; once.
   * @throws NotFound also when they were fetched, or a day is over
   * @throws Conflict while the import goes on
   */
  async takePasswords(account: AuthContext, id: string): Promise<string> {
    const job = await this.findOver(account, id);
    return this.store.takePasswords(job, account.actor);
  }

  /** Whether they could be taken now. @throws NotFound, Conflict as takePasswords() does */
  async requirePasswords(account: AuthContext, id: string): Promise<void> {
    const job = await this.findOver(account, id);
    if (!(await this.hasPasswords(job))) throw new NotFound();
  }

  private async findOver(account: AuthContext, id: string): Promise<ImportJob> {
    const job = await this.find(account, id);
    if (!isOver(job)) throw new Conflict('The import is still running.');
    return job;
  }

  /** Of one that goes on a copy: what is read of it from here on must not be newer than its end. */
  private atPresent(job: ImportJob): ImportJob {
    return { ...(this.runner.find(job.id)?.job ?? job) };
  }

  private async hasPasswords(job: ImportJob): Promise<boolean> {
    return isOver(job) && (await this.store.withPasswords([job])).has(job.id);
  }
}
