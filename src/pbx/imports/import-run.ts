import { type EntityManager } from 'typeorm';
import { chunksOf } from '../../core/chunks';
import { type SipCredentials, type NewCredentials } from '../../platform/secrets/sip-credentials.service';
import { Tenant } from '../../schema/tenant.entity';
import { Edits } from './change-planner';
import { type ImportJob } from '../../schema/import-job.entity';
import { type Candidate } from './row-parser';
import { type Outcome } from './import-jobs.repository';
import { Judgement, type RowErrors, type Verdict } from './row-validator';
import { type RunningImport } from './running-import';
import { DatabaseSurroundings } from './reference-lookup';
import { inTurns } from '../../core/yielding';

/** Extensions that are read, judged and written together; one transaction of per_row. */
export const CHUNK = 500;
/** How much of the way of all_or_nothing is looking, before anything is written. */
export const TRIAL = 0.4;

/** What one import takes along. */
export interface Way {
  running: RunningImport;
  judgement: Judgement;
  edits: Edits;
  /** By number; made before the transaction that keeps them. */
  made: Map<string, NewCredentials>;
}

/** What became of some candidates. */
export interface Tally {
  created: number;
  updated: number;
  unchanged: number;
  errors: RowErrors[];
}

export function wayOf(running: RunningImport, credentials: SipCredentials): Way {
  const { account, job } = running;
  const judgement = new Judgement(account, job.action);
  return { running, judgement, edits: new Edits(account, credentials), made: new Map() };
}

/** Judges some candidates, in their order. */
export async function judge(
  { judgement }: Way,
  around: DatabaseSurroundings,
  chunk: readonly Candidate[],
  take: (verdict: Verdict) => void,
): Promise<void> {
  await around.look(chunk);
  await inTurns(chunk, (candidate) => {
    const verdict = judgement.judge(candidate, around, around.room);
    if (verdict.kind === 'create') around.room -= 1;
    take(verdict);
  });
}

/** All that would happen and all that is wrong, without a change; credentials of new extensions are made. */
export async function examine(way: Way, manager: EntityManager): Promise<Tally> {
  const { running, edits, made } = way;
  const { account, job, candidates } = running;
  const tenant = await manager.findOneByOrFail(Tenant, { id: account.tenantId });
  const around = await DatabaseSurroundings.of(manager, account, tenant);
  const tally: Tally = { created: 0, updated: 0, unchanged: 0, errors: [] };
  let seen = 0;
  for (const chunk of chunksOf(candidates, CHUNK)) {
    running.goOn();
    await judge(way, around, chunk, (verdict) => {
      if (verdict.kind === 'refuse') tally.errors.push(verdict.told);
      else if (verdict.kind === 'create') {
        tally.created += 1;
        const { number, given } = verdict;
        if (!job.dryRun) made.set(number, edits.newCredentials(number, given.sip_password));
      } else if (edits.edit(verdict.extension, verdict.given, around)) tally.updated += 1;
      else tally.unchanged += 1;
    });
    seen += chunk.length;
    const share = job.dryRun ? seen : TRIAL * seen;
    running.step({ ...(job.dryRun && { processed: seen }), percent: percentOf(share, job) });
  }
  return tally;
}

export function percentOf(done: number, { total }: Pick<ImportJob, 'total'>): number {
  return Math.floor((100 * done) / total);
}

export function countsOf({ created, updated, unchanged, errors }: Tally): Outcome {
  return { created, updated, unchanged, failed: errors.length };
}
