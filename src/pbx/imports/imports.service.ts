import { Injectable } from '@nestjs/common';
import { type AuthContext } from '../../accounts/auth-context';
import { csvLines } from '../../core/csv';
import { Conflict, NotFound } from '../../core/errors';
import { idOf } from '../../core/id';
import { type PageQuery } from '../../api/edge/page';
import { ImportJob, isOver } from '../../schema/import-job.entity';
import { parseRows } from '../../api/pbx/imports/row-parser';
import { ImportQueue } from './import-queue.service';
import { ImportJobsRepository } from './import-jobs.repository';
import {
  type ImportDetailDto,
  type ImportDto,
  type ImportQuery,
  mapImport,
  mapImportDetail,
} from '../../api/pbx/imports/imports.dto';

/** What an account does with its imports. */
@Injectable()
export class ImportsService {
  constructor(
    private readonly store: ImportJobsRepository,
    private readonly runner: ImportQueue,
  ) {}

  /**
   * Takes an import on, which then goes its way.
   * @throws InvalidData, MalformedRequest, Conflict, ServiceUnavailable
   */
  async start(account: AuthContext, query: ImportQuery, body: unknown): Promise<ImportDetailDto> {
    const { action = 'create', mode = 'all_or_nothing', dry_run } = query;
    const asked = { action, mode, dryRun: dry_run === 'true' };
    const job = await this.runner.accept(account, asked, () => parseRows(body));
    return mapImportDetail(job, false, []);
  }

  /** @throws NotFound */
  async detail(account: AuthContext, id: string): Promise<ImportDetailDto> {
    const job = await this.find(account, id);
    return mapImportDetail(job, await this.hasPasswords(job), await this.store.errors(job.id));
  }

  async list(account: AuthContext, query: PageQuery): Promise<[ImportDto[], number]> {
    const [found, total] = await this.store.list(account, query);
    const jobs = found.map((job) => this.atPresent(job));
    const withPasswords = await this.store.withPasswords(jobs.filter(isOver));
    return [jobs.map((job) => mapImport(job, withPasswords.has(job.id))), total];
  }

  /** The job as it is at this moment. @throws NotFound */
  async find(account: AuthContext, id: string): Promise<ImportJob> {
    const job = await this.store.find(account, idOf(id));
    return this.atPresent(job);
  }

  async told(job: ImportJob): Promise<ImportDto> {
    return mapImport(job, await this.hasPasswords(job));
  }

  /**
   * The passwords that were made, as CSV; once.
   * @throws NotFound also when they were fetched, or a day is over
   * @throws Conflict while the import goes on
   */
  async takePasswords(account: AuthContext, id: string): Promise<string> {
    const job = await this.findOver(account, id);
    return (
      csvLines([['extension_number', 'sip_password']]) + (await this.store.takePasswords(job, account.actor))
    );
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
