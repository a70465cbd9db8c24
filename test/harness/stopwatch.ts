const TICK_MS = 10;

/**
 * Begins to count the time in which this process could run: that a machine is busy is no fault of what is waited for.
 * @returns a function that ends it and gives the milliseconds
 */
export function stopwatch(): () => number {
  let ms = 0;
  let last = performance.now();
  const tick = (): void => {
    const now = performance.now();
    ms += Math.min(now - last, 2 * TICK_MS);
    last = now;
  };
  const timer = setInterval(tick, TICK_MS).unref();
  return () => {
    clearInterval(timer);
    tick();
    return ms;
  };
}
