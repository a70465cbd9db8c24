import { pauseUpTo } from '../../core/pause';
import { isBusy } from './codes';
import { DatabaseLocked } from './unavailable';

const FIRST_PAUSE_MS = 4;
const LONGEST_PAUSE_MS = 40;

/**
 * Runs `attempt`, which takes the embedded database's write lock, again and again while another process has the
 * lock; the process goes on between the attempts.
 * @param deadline as of `performance.now()`, after which there is no further attempt
 * @throws DatabaseLocked after it, and what an attempt throws for another reason
 */
export async function whenUnlocked<T>(attempt: () => Promise<T>, deadline: number): Promise<T> {
  for (let limit = FIRST_PAUSE_MS; ; limit = Math.min(2 * limit, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() >= deadline) throw new DatabaseLocked(error);
    }
    await pauseUpTo(limit);
  }
}
