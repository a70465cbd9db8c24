/**
 * The outcome of `work`, or of `late()` once `ms` have passed; the timer never outlives the wait.
 * Work that is late goes on unheard, so it must have an end of its own.
 */
export async function withDeadline<T>(work: Promise<T>, ms: number, late: () => T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  }).then(late);
  // Unheard: whichever loses the race must not become an unhandled rejection.
  work.catch(() => undefined);
  deadline.catch(() => undefined);
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
