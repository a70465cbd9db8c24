import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService, type AuditEvent } from '../../events/audit/audit.service';
import { chunksOf } from '../../core/chunks';
import { csvLines } from '../../core/csv';
import { now } from '../../core/time';
import { Transactions } from '../../platform/database/transactions';
import { ExtensionChanges } from '../../events/extension-changes';
import { type RevocationNode } from '../../schema/revocation-node.entity';
import { RevocationsService } from '../../nodes/revocations/revocations.service';
import { SipCredentials } from '../../platform/secrets/sip-credentials.service';
import { lockTenant } from '../../accounts/tenants/tenants.service';
import { type PlannedChange, type NewRow } from './change-planner';
import { ImportAccess } from './import-access.service';
import { type Candidate } from './import-row';
import { ImportJobsRepository, type Outcome } from './import-jobs.repository';
import { BulkWriter } from './bulk-writer';
import { type RowErrors } from './row-validator';
import { type RunningImport } from './running-import';
import { DatabaseReferences } from './reference-lookup';
import { forEachYielding } from '../../core/yielding';
import {
  CHUNK,
  countsOf,
  validateAll,
  validateChunk,
  percentOf,
  type RowCounts,
  VALIDATION_SHARE,
  type ImportRun,
  createRun,
} from './import-run';

const DEEDS_AT_ONCE = 500;

interface Written extends RowCounts {
  works: RevocationNode[];
  deeds: AuditEvent[];
  /** The passwords that were made, as CSV; of each chunk. */
  passwords: string[];
}

/** Rows that were right a moment ago no longer are. */
class RowsRefused extends Error {
  constructor(readonly errors: RowErrors[]) {
    super('rows are wrong');
  }
}

/** Carries imports out. */
@Injectable()
export class ImportExecutor {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly credentials: SipCredentials,
    private readonly revocations: RevocationsService,
    private readonly changes: ExtensionChanges,
    private readonly audit: AuditService,
    private readonly holders: ImportAccess,
    private readonly store: ImportJobsRepository,
    private readonly writer: BulkWriter,
  ) {}

  /**
   * Resolves when it is over, be it done or refused; nodes have then been told, as far as they are in time.
   * @throws ImportStopped, AccessRevoked, JobLost, OutcomeUnknown, and what the database says
   */
  async run(running: RunningImport): Promise<void> {
    const { job } = running;
    await this.holders.require(running.account);
    const way = createRun(running, this.credentials);
    if (job.mode === 'per_row' && !job.dryRun) return this.rowByRow(way);
    const trial = await validateAll(way, this.dataSource.manager);
    if (job.dryRun) await this.conclude(running, { ...ended(job.total), ...countsOf(trial) }, trial.errors);
    else if (trial.errors.length > 0) await this.refuse(running, trial.errors);
    else await this.allOrNothing(way);
  }

  /** Tells of what was, or may have been, changed. */
  async tell(running: RunningImport): Promise<void> {
    const { domain } = running.account;
    await forEachYielding(running.touched.splice(0), (number) => this.changes.emit({ number, domain }));
  }

  private async allOrNothing(way: ImportRun): Promise<void> {
    const { running } = way;
    await this.holders.require(running.account);
    try {
      const [outcome, works] = await this.transactions.run((manager) => this.writeAll(way, manager));
      await this.tell(running);
      await this.revocations.carryOut(works);
      running.step(outcome);
    } catch (error) {
      if (!(error instanceof RowsRefused)) throw error;
      await this.refuse(running, error.errors);
    }
  }

  private async writeAll(way: ImportRun, manager: EntityManager): Promise<[Outcome, RevocationNode[]]> {
    const { running } = way;
    const { job, candidates } = running;
    const around = await this.hold(way, manager);
    const all = nothingWritten();
    let seen = 0;
    for (const chunk of chunksOf(candidates, CHUNK)) {
      running.goOn();
      add(all, await this.write(way, manager, around, chunk));
      seen += chunk.length;
      const share = VALIDATION_SHARE * job.total + (1 - VALIDATION_SHARE) * seen;
      running.step({ processed: seen, percent: Math.min(99, percentOf(share, job)) });
    }
    if (all.errors.length > 0) throw new RowsRefused(all.errors);
    const outcome = { ...ended(job.total), ...countsOf(all) };
    await this.keep(manager, running, all, outcome);
    await this.recordImport(manager, running, outcome);
    running.touched = all.deeds.map(({ resource }) => resource);
    return [outcome, all.works];
  }

  private async rowByRow(way: ImportRun): Promise<void> {
    const { running } = way;
    const { job, candidates } = running;
    const sum: RowCounts = { created: 0, updated: 0, unchanged: 0, errors: [] };
    const carriedOut: Promise<void>[] = [];
    let seen = 0;
    for (const chunk of chunksOf(candidates, CHUNK)) {
      running.goOn();
      await this.holders.require(running.account);
      seen += chunk.length;
      const written = await this.transactions.run(async (manager) => {
        const around = await this.hold(way, manager);
        const written = await this.write(way, manager, around, chunk);
        const outcome = { processed: seen, percent: percentOf(seen, job), ...countsOf(sumOf(sum, written)) };
        await this.keep(manager, running, written, outcome);
        running.touched = written.deeds.map(({ resource }) => resource);
        return written;
      });
      Object.assign(sum, sumOf(sum, written));
      running.step({ processed: seen, percent: percentOf(seen, job), ...countsOf(sum) });
      await this.tell(running);
      // Nodes have their time while the next rows are written.
      carriedOut.push(this.revocations.carryOut(written.works));
    }
    const outcome = { ...ended(job.total), ...countsOf(sum) };
    await this.transactions.run(async (manager) => {
      await this.store.saveProgress(manager, job.id, outcome);
      await this.recordImport(manager, running, outcome);
    });
    await Promise.all(carriedOut);
    running.step(outcome);
  }

  /** The tenant, held until the transaction ends, and what is known of it. */
  private async hold({ running }: ImportRun, manager: EntityManager): Promise<DatabaseReferences> {
    const tenant = await lockTenant(manager, running.account.tenantId);
    return DatabaseReferences.of(manager, running.account, tenant);
  }

  private async write(
    way: ImportRun,
    manager: EntityManager,
    around: DatabaseReferences,
    chunk: readonly Candidate[],
  ): Promise<Written> {
    const { running, edits: maker, made } = way;
    const rows: NewRow[] = [];
    const edits: PlannedChange[] = [];
    const secrets: string[][] = [];
    const tally: RowCounts = { created: 0, updated: 0, unchanged: 0, errors: [] };
    await validateChunk(way, around, chunk, (verdict) => {
      if (verdict.kind === 'refuse') tally.errors.push(verdict.refusal);
      else if (verdict.kind === 'create') {
        const { number, given } = verdict;
        const credentials = made.get(number) ?? maker.newCredentials(number, given.sipPassword);
        rows.push(maker.newRow(given, credentials, around));
        if (credentials.generated) secrets.push([number, credentials.password]);
      } else {
        const edit = maker.plan(verdict.extension, verdict.given, around);
        if (edit) edits.push(edit);
        else tally.unchanged += 1;
      }
    });
    tally.created = rows.length;
    tally.updated = edits.length;
    const written = await this.writer.write(manager, running.account, { rows, edits });
    return { ...tally, ...written, passwords: [csvLines(secrets)] };
  }

  /** What is left behind in the same transaction: the errors, the passwords, how far it is, and the audit. */
  private async keep(
    manager: EntityManager,
    { job, account }: RunningImport,
    { errors, passwords, deeds }: Written,
    outcome: Outcome,
  ): Promise<void> {
    await this.store.addErrors(manager, job.id, errors);
    for (const lines of passwords) await this.store.addPasswords(manager, job.id, lines);
    await this.store.saveProgress(manager, job.id, outcome);
    for (const some of chunksOf(deeds, DEEDS_AT_ONCE)) {
      await this.audit.record(manager, account.tenantId, account.actor, some);
    }
  }

  /** One entry for the import itself, if it changed anything. */
  private async recordImport(
    manager: EntityManager,
    { job, account }: RunningImport,
    { created = 0, updated = 0, unchanged = 0, failed = 0 }: Outcome,
  ): Promise<void> {
    if (created + updated === 0) return;
    const fields = { action: job.action, mode: job.mode, created, updated, unchanged, failed };
    const changes = Object.fromEntries(
      Object.entries(fields).map(([name, after]) => [name, { before: null, after }]),
    );
    const deed = { action: 'imported', resourceType: 'import', resource: String(job.id), changes } as const;
    await this.audit.record(manager, account.tenantId, account.actor, [deed]);
  }

  private async refuse(running: RunningImport, errors: RowErrors[]): Promise<void> {
    const { total } = running.job;
    const message = 'Nothing was changed: there are rows with errors.';
    const none = { created: 0, updated: 0, unchanged: 0, failed: errors.length };
    await this.conclude(running, { ...ended(total), ...none, status: 'failed', message }, errors);
  }

  private async conclude(running: RunningImport, outcome: Outcome, errors: RowErrors[]): Promise<void> {
    await this.transactions.run(async (manager) => {
      await this.store.addErrors(manager, running.job.id, errors);
      await this.store.saveProgress(manager, running.job.id, outcome);
    });
    running.step(outcome);
  }
}

function ended(total: number): Outcome {
  return { status: 'done', processed: total, percent: 100, message: null, finishedAt: now() };
}

function nothingWritten(): Written {
  return { created: 0, updated: 0, unchanged: 0, errors: [], works: [], deeds: [], passwords: [] };
}

function add(all: Written, more: Written): void {
  Object.assign(all, sumOf(all, more));
  for (const each of more.works) all.works.push(each);
  for (const each of more.deeds) all.deeds.push(each);
  for (const each of more.passwords) all.passwords.push(each);
}

function sumOf(one: RowCounts, other: RowCounts): RowCounts {
  return {
    created: one.created + other.created,
    updated: one.updated + other.updated,
    unchanged: one.unchanged + other.unchanged,
    errors: [...one.errors, ...other.errors],
  };
}
