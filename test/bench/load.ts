import { connect, type Socket } from 'node:net';
import { quantile } from './quantile';

const STATUS = 'HTTP/1.1 200 ';

/** FreeSWITCH opens a connection for each lookup. */
export type Connection = 'new' | 'kept';

export interface Traffic {
  port: number;
  connection: Connection;
  clients: number;
  /** The bytes of the next request. */
  request(): string;
  /** What every right answer holds. */
  expected: string;
  /** Asked before each request. */
  more(): boolean;
}

export interface Sample {
  perSecond: number;
  p50: number;
  p99: number;
  answers: number;
  /** The share of one core that this generator took. */
  generator: number;
}

/**
 * Sends requests over plain sockets, each client the next one when it has its answer. An HTTP client
 * library would need more processor time than the server that is measured.
 */
export async function load(traffic: Traffic): Promise<Sample> {
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const latencies: number[] = [];
  await Promise.all(Array.from({ length: traffic.clients }, () => client(traffic, latencies)));
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuBefore);
  latencies.sort((a, b) => a - b);
  return {
    answers: latencies.length,
    perSecond: latencies.length / (elapsed / 1000),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    generator: (user + system) / 1000 / elapsed,
  };
}

export function forSeconds(seconds: number): () => boolean {
  const end = performance.now() + seconds * 1000;
  return () => performance.now() < end;
}

export function times(count: number): () => boolean {
  let left = count;
  return () => left-- > 0;
}

/** One request on a connection of its own. @returns the answer's body */
export async function askOnce(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const answer = (await exchange(socket, request)).toString();
  socket.destroy();
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}

async function client(traffic: Traffic, latencies: number[]): Promise<void> {
  const { port, connection, expected } = traffic;
  let kept: Socket | null = null;
  while (traffic.more()) {
    const request = traffic.request();
    const start = performance.now();
    const socket: Socket = kept ?? connect(port, '127.0.0.1');
    const answer = await exchange(socket, request);
    latencies.push(performance.now() - start);
    if (!isRight(answer, expected)) throw new Error(`Not the right answer: ${answer.toString()}`);
    if (connection === 'kept') kept = socket;
    else socket.destroy();
  }
  kept?.destroy();
}

function exchange(socket: Socket, request: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received: Buffer | null = null;
    socket.removeAllListeners();
    socket.on('data', (chunk) => {
      received = received ? Buffer.concat([received, chunk]) : chunk;
      if (isWhole(received)) resolve(received);
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('The server closed the connection.')));
    socket.write(request, 'latin1');
  });
}

function isRight(answer: Buffer, expected: string): boolean {
  return answer.toString('latin1', 0, STATUS.length) === STATUS && answer.includes(expected);
}

function isWhole(answer: Buffer): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const [, length] = /content-length: (\d+)/i.exec(answer.toString('latin1', 0, end)) ?? [];
  return length === undefined || answer.length >= end + 4 + Number(length);
}
