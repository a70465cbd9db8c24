import { createSocket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort as freeTcpPort } from '../harness/free-port';

const POLL_MS = 50;

/** Asks again until the answer is not null, false or undefined; an error counts as "not yet". */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | null | false | undefined> | T | null | false | undefined,
  deadlineMs = 10_000,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  let last: unknown = 'never came';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null && answer !== false && answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${deadlineMs} ms (${String(last)})`);
    await delay(POLL_MS);
  }
}

/** Whether some process has the loopback UDP port. */
export function udpPortTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(true));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(false)));
  });
}

/** A loopback port that is free for both TCP and UDP at this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await freeTcpPort();
    if (!(await udpPortTaken(port))) return port;
  }
}
