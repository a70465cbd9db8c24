import { type AuthContext } from '../../accounts/auth-context';
import { Listeners } from '../../core/listeners';
import { type ImportJob } from '../../schema/import-job.entity';
import { type Candidate } from './import-row';
import { type Outcome } from './import-jobs.repository';

/** Dialplane is stopping: what is not committed is not to be. */
export class ImportStopped extends Error {
  readonly code = 'import_stopped';
}

/** An import that this process has taken on, and who watches it. */
export class RunningImport {
  /** Numbers that may have been changed and that nobody was told of yet. */
  touched: string[] = [];
  private stopped = false;
  private readonly listeners = new Listeners<ImportJob>((error) => process.emitWarning(String(error)));

  constructor(
    readonly job: ImportJob,
    readonly account: AuthContext,
    readonly candidates: readonly Candidate[],
  ) {}

  /** @returns a function that ends the listening. */
  onStep(hear: (job: ImportJob) => void): () => void {
    return this.listeners.add(hear);
  }

  /** How far it is; told to who watches. */
  step(outcome: Outcome): void {
    Object.assign(this.job, outcome);
    this.listeners.emit(this.job);
  }

  stop(): void {
    this.stopped = true;
  }

  /** @throws ImportStopped */
  goOn(): void {
    if (this.stopped) throw new ImportStopped();
  }
}
