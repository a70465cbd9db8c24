/**
 * The outcome of `work`, or of `late()` once `ms` have passed; the timer never outlives the wait.
 * Work that is late goes on unheard, so it must have an end of its own.
 */
export function withDeadline<T>(work: Promise<T>, ms: number, late: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(Promise.resolve().then(late)), ms);
    const end = (): void => {
      clearTimeout(timer);
      resolve(work);
    };
    work.then(end, end);
  });
}
