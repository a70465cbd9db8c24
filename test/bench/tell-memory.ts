import { monitorEventLoopDelay } from 'node:perf_hooks';

const NS_PER_MS = 1e6;
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

/**
 * Loaded before Dialplane: tells the bench, when asked, how much memory is in use once all garbage is gone,
 * or how late the event loop was since it was asked last.
 */
process.on('message', (what) => {
  if (what === 'delay') {
    process.send?.({ p99: delay.percentile(99) / NS_PER_MS, max: delay.max / NS_PER_MS });
    delay.reset();
    return;
  }
  for (let turn = 0; turn < 3; turn++) global.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ rss, heapUsed });
});
