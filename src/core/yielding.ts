import { setImmediate as nextTurn } from 'node:timers/promises';
import { chunksOf } from './chunks';

/** Done at a time, so that other requests have their turn in between. */
const SLICE = 50;

/** Does the work for each, one after another, without keeping the event loop for long. */
export async function forEachYielding<T>(all: readonly T[], work: (each: T) => void): Promise<void> {
  for (const slice of chunksOf(all, SLICE)) {
    slice.forEach(work);
    await nextTurn();
  }
}
