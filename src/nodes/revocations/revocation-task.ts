import { type StepCounts } from './revocation-steps';
import { type RevocationNode } from '../../schema/revocation-node.entity';

/** What became of a pass, to be added to the receipt. */
export interface TaskProgress extends StepCounts {
  attempts: number;
  lastError: string | null;
  /** Set once the pass is done. */
  flushedAt: Date | null;
  verifiedAt: Date | null;
}

/** One revocation on its way: a first pass at once, a second when no old answer can be about any more. */
export interface RevocationTask {
  work: RevocationNode;
  pass: 'first' | 'second';
  /** When it is to be worked on next. */
  due: number;
  /** When the second pass, done, is the last word. */
  confirmAt: number;
  failures: number;
  running: boolean;
  /** What the receipt does not hold yet. */
  progress: TaskProgress;
}

export const isClaimed = ({ work }: RevocationTask): boolean =>
  work.claimedUntil !== null && work.claimedUntil.getTime() > Date.now();

export const noProgress = (): TaskProgress => ({
  flushed: 0,
  dropped: 0,
  deleted: 0,
  attempts: 0,
  lastError: null,
  flushedAt: null,
  verifiedAt: null,
});

/** A short word for the receipt; an error's message may say more than a client should read. */
export function codeOf(error: unknown): string {
  const { code } = Object(error) as { code?: unknown };
  const word = typeof code === 'string' ? code : error instanceof Error ? error.name : 'error';
  return word.slice(0, 64);
}
