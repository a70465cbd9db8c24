import { type EntityManager } from 'typeorm';
import { chunksOf } from '../../core/chunks';
import { type SipCredentials, type NewCredentials } from '../../platform/secrets/sip-credentials.service';
import { Tenant } from '../../schema/tenant.entity';
import { ChangePlanner } from './change-planner';
import { type ImportJob } from '../../schema/import-job.entity';
import { type Candidate } from './import-row';
import { type Outcome } from './import-jobs.repository';
import { RowValidator, type RowErrors, type RowResult } from './row-validator';
import { type RunningImport } from './running-import';
import { DatabaseReferences } from './reference-lookup';
import { forEachYielding } from '../../core/yielding';

/** Extensions that are read, judged and written together; one transaction of per_row. */
export const CHUNK = 500;
/** How much of the way of all_or_nothing is looking, before anything is written. */
export const VALIDATION_SHARE = 0.4;

/** What one import takes along. */
export interface ImportRun {
  running: RunningImport;
  judgement: RowValidator;
  edits: ChangePlanner;
  /** By number; made before the transaction that keeps them. */
  made: Map<string, NewCredentials>;
}

/** What became of some candidates. */
export interface RowCounts {
  created: number;
  updated: number;
  unchanged: number;
  errors: RowErrors[];
}

export function createRun(running: RunningImport, credentials: SipCredentials): ImportRun {
  const { account, job } = running;
  const judgement = new RowValidator(account, job.action);
  return { running, judgement, edits: new ChangePlanner(account, credentials), made: new Map() };
}

/** Judges some candidates, in their order. */
export async function validateChunk(
  { judgement }: ImportRun,
  around: DatabaseReferences,
  chunk: readonly Candidate[],
  take: (verdict: RowResult) => void,
): Promise<void> {
  await around.preload(chunk);
  await forEachYielding(chunk, (candidate) => {
    const verdict = judgement.validate(candidate, around, around.room);
    if (verdict.kind === 'create') around.room -= 1;
    take(verdict);
  });
}

/** All that would happen and all that is wrong, without a change; credentials of new extensions are made. */
export async function validateAll(way: ImportRun, manager: EntityManager): Promise<RowCounts> {
  const { running, edits, made } = way;
  const { account, job, candidates } = running;
  const tenant = await manager.findOneByOrFail(Tenant, { id: account.tenantId });
  const around = await DatabaseReferences.of(manager, account, tenant);
  const tally: RowCounts = { created: 0, updated: 0, unchanged: 0, errors: [] };
  let seen = 0;
  for (const chunk of chunksOf(candidates, CHUNK)) {
    running.goOn();
    await validateChunk(way, around, chunk, (verdict) => {
      if (verdict.kind === 'refuse') tally.errors.push(verdict.refusal);
      else if (verdict.kind === 'create') {
        tally.created += 1;
        const { number, given } = verdict;
        if (!job.dryRun) made.set(number, edits.newCredentials(number, given.sipPassword));
      } else if (edits.plan(verdict.extension, verdict.given, around)) tally.updated += 1;
      else tally.unchanged += 1;
    });
    seen += chunk.length;
    const share = job.dryRun ? seen : VALIDATION_SHARE * seen;
    running.step({ ...(job.dryRun && { processed: seen }), percent: percentOf(share, job) });
  }
  return tally;
}

export function percentOf(done: number, { total }: Pick<ImportJob, 'total'>): number {
  return Math.floor((100 * done) / total);
}

export function countsOf({ created, updated, unchanged, errors }: RowCounts): Outcome {
  return { created, updated, unchanged, failed: errors.length };
}
