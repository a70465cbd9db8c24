import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  DataSource,
  type EntityManager,
  type FindOptionsWhere,
  In,
  IsNull,
  LessThan,
  MoreThan,
} from 'typeorm';
import { type Actor } from '../../core/actor';
import { AuditService } from '../../events/audit/audit.service';
import { type AuthContext } from '../../accounts/auth-context';
import { type Scope } from '../../core/roles';
import { Conflict, NotFound } from '../../core/errors';
import { type RowRange } from '../../core/page';
import { now } from '../../core/time';
import { Transactions } from '../../platform/database/transactions';
import { lockTenant } from '../../accounts/tenants/tenants.service';
import { SealedBox } from '../../platform/secrets/sealed-box';
import { ImportJob, isOver } from '../../schema/import-job.entity';
import { ImportPart, PART_BYTES, type PartKind } from '../../schema/import-part.entity';
import { type RowErrors } from './row-validator';

/** A job of which its process has said nothing for so long has lost its process. */
const DEAD_AFTER_MS = 30_000;
const PASSWORDS_KEPT_MS = 24 * 3_600_000;
const KEPT_MS = 7 * 24 * 3_600_000;
const PURGED_AT_ONCE = 20;
const PARTS_PER_STATEMENT = 10;
const UNDER_WAY = In(['queued', 'running']);

export const ALREADY_RUNNING = new Conflict('An import is already running.');

/** What a job became, to be written with what it did. */
export type Outcome = Partial<
  Pick<
    ImportJob,
    | 'status'
    | 'processed'
    | 'percent'
    | 'created'
    | 'updated'
    | 'unchanged'
    | 'failed'
    | 'message'
    | 'finishedAt'
  >
>;

/** Another process has declared the job dead meanwhile, so what it does must not stand. */
export class JobLost extends Error {
  readonly code = 'job_lost';
}

/** What a job is told to have come to when its process is gone. */
export function stoppedMessage({ mode, dryRun, processed }: ImportJob): string {
  const what = mode === 'per_row' && !dryRun && processed > 0 ? 'part' : 'nothing';
  return `Dialplane was stopped during the import; ${what} was changed.`;
}

/** Import jobs, their error reports and their passwords, in the database. */
@Injectable()
export class ImportJobsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly box: SealedBox,
    private readonly audit: AuditService,
  ) {}

  /** @throws Conflict while another import of the tenant is under way, in whatever process */
  async create(job: ImportJob): Promise<ImportJob> {
    return this.transactions.run(async (manager) => {
      await lockTenant(manager, job.tenantId);
      await this.refuseSecond(job.tenantId, manager);
      await manager.insert(ImportJob, job);
      return job;
    });
  }

  /**
   * Waits for no lock, which a running import may hold for seconds.
   * @throws Conflict as create() does
   */
  async refuseSecond(tenantId: number, manager: EntityManager = this.dataSource.manager): Promise<void> {
    const alive = { tenantId, status: UNDER_WAY, heartbeatAt: MoreThan(staleCutoff()) };
    if (await manager.existsBy(ImportJob, alive)) throw ALREADY_RUNNING;
  }

  /** @throws NotFound for one that the account does not see */
  async find(account: AuthContext, id: number): Promise<ImportJob> {
    const where = { ...visibleTo(account), id };
    const job = await this.dataSource.manager.findOneBy(ImportJob, where);
    if (!job) throw new NotFound();
    if (isOver(job) || job.heartbeatAt > staleCutoff()) return job;
    await this.failAbandoned(job);
    return this.dataSource.manager.findOneByOrFail(ImportJob, where);
  }

  /** The newest first. */
  async list(account: AuthContext, { skip, take }: RowRange): Promise<[ImportJob[], number]> {
    const where = visibleTo(account);
    const dead = await this.dataSource.manager.findBy(ImportJob, {
      ...where,
      status: UNDER_WAY,
      heartbeatAt: LessThan(staleCutoff()),
    });
    for (const job of dead) await this.failAbandoned(job);
    return this.dataSource.manager.findAndCount(ImportJob, {
      where,
      order: { id: 'DESC' },
      skip,
      take,
    });
  }

  private async failAbandoned(job: ImportJob): Promise<void> {
    const dead = { id: job.id, status: UNDER_WAY, heartbeatAt: LessThan(staleCutoff()) };
    const end = { status: 'failed', message: stoppedMessage(job), finishedAt: now() } as const;
    await this.transactions.run((manager) => manager.update(ImportJob, dead, end));
  }

  /**
   * Writes how a job is, in the transaction of what it did.
   * @throws JobLost
   */
  async saveProgress(manager: EntityManager, id: number, outcome: Outcome): Promise<void> {
    const { affected } = await manager
      .createQueryBuilder()
      .update(ImportJob)
      .set({ ...outcome, heartbeatAt: now() })
      .where({ id, status: UNDER_WAY })
      .execute();
    if (affected === 0) throw new JobLost();
  }

  /** Says that these live, and how far they are. */
  async heartbeat(jobs: readonly ImportJob[]): Promise<void> {
    await this.transactions.run(async (manager) => {
      for (const { id, processed, percent } of jobs) {
        const life = { processed, percent, heartbeatAt: now() };
        await manager.update(ImportJob, { id, status: UNDER_WAY }, life);
      }
    });
  }

  async addErrors(manager: EntityManager, jobId: number, errors: readonly RowErrors[]): Promise<void> {
    const contents: string[] = [];
    let part: string[] = [];
    let bytes = 0;
    for (const entry of errors) {
      const text = JSON.stringify(entry);
      const length = Buffer.byteLength(text) + 1;
      if (bytes + length > PART_BYTES) {
        contents.push(`[${part.join()}]`);
        [part, bytes] = [[], 0];
      }
      part.push(text);
      bytes += length;
    }
    if (part.length > 0) contents.push(`[${part.join()}]`);
    await addParts(manager, jobId, 'errors', contents);
  }

  /** @param lines of CSV, no more than a part holds when sealed */
  async addPasswords(manager: EntityManager, jobId: number, lines: string): Promise<void> {
    if (lines === '') return;
    await addParts(manager, jobId, 'passwords', [this.box.seal(lines, placeOf(jobId))]);
  }

  async errors(jobId: number): Promise<RowErrors[]> {
    const parts = await partsOf(this.dataSource.manager, jobId, 'errors');
    return parts.flatMap(({ content }) => (JSON.parse(content) as StoredErrors[]).map(readStored));
  }

  /** Which of these jobs have passwords that were not taken yet. */
  async withPasswords(jobs: readonly ImportJob[]): Promise<Set<number>> {
    const fresh = jobs.filter(({ createdAt }) => createdAt > passwordsEnd()).map(({ id }) => id);
    if (fresh.length === 0) return new Set();
    const rows = await this.dataSource.manager
      .createQueryBuilder(ImportPart, 'p')
      .select('DISTINCT p.job_id', 'id')
      .where("p.kind = 'passwords' AND p.job_id IN (:...fresh)", { fresh })
      .getRawMany<{ id: number }>();
    return new Set(rows.map(({ id }) => id));
  }

  /** Lines of CSV, this once. @throws NotFound when there are none, or no more */
  async takePasswords({ id, createdAt, tenantId }: ImportJob, actor: Actor): Promise<string> {
    if (createdAt <= passwordsEnd()) throw new NotFound();
    return this.transactions.run(async (manager) => {
      const parts = await partsOf(manager, id, 'passwords');
      const taken = await manager.delete(ImportPart, { jobId: id, kind: 'passwords' });
      // Of two at once one deletes nothing.
      if (parts.length === 0 || taken.affected === 0) throw new NotFound();
      const lines = parts.map(({ content }) => this.box.unseal(content, placeOf(id))).join('');
      const changes = { passwords_available: { before: true, after: false } };
      const deed = {
        action: 'passwords_taken',
        resourceType: 'import',
        resource: String(id),
        changes,
      } as const;
      await this.audit.record(manager, tenantId, actor, [deed]);
      return lines;
    });
  }

  /** Removes passwords of yesterday, and jobs of last week. */
  async purge(): Promise<void> {
    await this.transactions.run((manager) =>
      manager
        .createQueryBuilder()
        .delete()
        .from(ImportPart)
        .where("kind = 'passwords'")
        .andWhere('job_id IN (SELECT id FROM import_jobs WHERE created_at <= :end)', { end: passwordsEnd() })
        .execute(),
    );
    for (let left = PURGED_AT_ONCE; left === PURGED_AT_ONCE;) {
      left = await this.transactions.run(async (manager) => {
        const createdAt = LessThan(new Date(Date.now() - KEPT_MS));
        const old = await manager.find(ImportJob, { where: { createdAt }, take: PURGED_AT_ONCE });
        const ids = old.map(({ id }) => id);
        if (ids.length === 0) return 0;
        await manager.delete(ImportPart, { jobId: In(ids) });
        await manager.delete(ImportJob, { id: In(ids) });
        return ids.length;
      });
    }
  }
}

/** Up to 0.1 the number of a row was stored as extension_number. */
type StoredErrors = RowErrors & { extension_number?: string | null };

const readStored = ({
  extension_number: older = null,
  number = older,
  line,
  errors,
}: StoredErrors): RowErrors => ({
  line,
  number,
  errors,
});

const staleCutoff = (): Date => new Date(Date.now() - DEAD_AFTER_MS);
const passwordsEnd = (): Date => new Date(Date.now() - PASSWORDS_KEPT_MS);
const placeOf = (jobId: number): string => `passwords of import ${jobId}`;

/** What tells one scope from another, in 64 characters. */
export const scopeKey = (scope: Scope): string =>
  createHash('sha256').update(JSON.stringify(scope)).digest('hex');

/** All of the tenant, or for who sees but some extensions those that he asked for himself as one who saw these. */
function visibleTo({ tenantId, scope, userId, tokenId }: AuthContext): FindOptionsWhere<ImportJob> {
  if (scope.kind === 'all') return { tenantId };
  const mine = { tenantId, scope: scopeKey(scope) };
  return userId === null ? { ...mine, userId: IsNull(), tokenId } : { ...mine, userId };
}

function partsOf(manager: EntityManager, jobId: number, kind: PartKind): Promise<ImportPart[]> {
  return manager.find(ImportPart, { where: { jobId, kind }, order: { id: 'ASC' } });
}

async function addParts(
  manager: EntityManager,
  jobId: number,
  kind: PartKind,
  contents: readonly string[],
): Promise<void> {
  for (let start = 0; start < contents.length; start += PARTS_PER_STATEMENT) {
    const parts = contents.slice(start, start + PARTS_PER_STATEMENT);
    const rows = parts.map((content) => ({ jobId, kind, content }));
    await manager.createQueryBuilder().insert().into(ImportPart).values(rows).updateEntity(false).execute();
  }
}
