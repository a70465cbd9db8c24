import { createConnection, type Socket } from 'node:net';
import { EslConnectionLost, EslDeadlineMissed } from './esl-errors';
import { frameHeader } from './esl-frames';
import type { NodeAddress } from './node-address';

/** All in milliseconds. */
interface StreamTimes {
  /** For TCP, the password and the first byte of the answer; FreeSWITCH makes the whole of it first. */
  begin: number;
  /** Between two pieces of the answer. */
  pause: number;
}

const TIMES: StreamTimes = { begin: 15_000, pause: 5_000 };
const END = '\n\n';
const LONGEST_HEADERS = 64 * 1024;

/**
 * Runs one `api` command on a connection of its own and hands over its answer in pieces, as bytes.
 * modesl fact: it holds an answer whole and copies all of it for each piece that comes in, so a long list
 * of registrations would stall the process, and every command behind it.
 * @param take called for each piece, in order; what it throws ends the connection
 * @throws EslConnectionLost, EslDeadlineMissed, what `take` threw, the reason of `signal` when that aborts
 */
export async function streamAnswer(
  address: NodeAddress,
  command: string,
  take: (piece: Buffer) => void,
  { signal, times }: { signal: AbortSignal; times?: Partial<StreamTimes> },
): Promise<void> {
  signal.throwIfAborted();
  const socket = createConnection({ host: address.host, port: address.port, noDelay: true });
  const abort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('error', (error: NodeJS.ErrnoException) =>
        reject(error.syscall ? new EslConnectionLost(address.name, error.code ?? error.syscall) : error),
      );
      socket.on('close', () => reject(new EslConnectionLost(address.name, 'closed by FreeSWITCH')));
      const conversation = new Conversation(socket, address, command, take, { ...TIMES, ...times }, resolve);
      socket.on('data', (bytes: Buffer) => {
        conversation.read(bytes);
        // Else one turn of the event loop would read two megabytes, and everybody else would wait.
        socket.pause();
        setImmediate(() => socket.resume());
      });
    });
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

/** FreeSWITCH asks for the password, accepts it and answers the command: three frames, the last with a body. */
class Conversation {
  private headers: Buffer = Buffer.alloc(0);
  /** Bytes of the answer still to come; null before it begins. */
  private left: number | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly address: NodeAddress,
    private readonly command: string,
    private readonly take: (piece: Buffer) => void,
    private readonly times: StreamTimes,
    private readonly done: () => void,
  ) {
    this.within(times.begin);
    socket.on('close', () => clearTimeout(this.timer));
  }

  read(bytes: Buffer): void {
    try {
      if (this.left === null) this.frame(bytes);
      else this.body(bytes, this.left);
    } catch (error) {
      this.socket.destroy(error as Error);
    }
  }

  private frame(bytes: Buffer): void {
    this.headers = Buffer.concat([this.headers, bytes]);
    const end = this.headers.indexOf(END);
    if (end < 0 && this.headers.length < LONGEST_HEADERS) return;
    const head = this.headers.toString('latin1', 0, end);
    const rest = this.headers.subarray(end + END.length);
    this.headers = Buffer.alloc(0);
    const type = frameHeader(head, 'Content-Type');
    if (type === 'api/response') return this.body(rest, Number(frameHeader(head, 'Content-Length') ?? 0));
    if (type === 'auth/request') this.socket.write(`auth ${this.address.password}${END}`);
    else if (type === 'command/reply' && frameHeader(head, 'Reply-Text')?.startsWith('+OK'))
      this.socket.write(`api ${this.command}${END}`);
    else throw new EslConnectionLost(this.address.name, 'refused');
    if (rest.length > 0) this.frame(rest);
  }

  private body(bytes: Buffer, left: number): void {
    this.within(this.times.pause);
    const piece = bytes.subarray(0, left);
    this.left = left - piece.length;
    if (piece.length > 0) this.take(piece);
    if (this.left === 0) this.done();
  }

  private within(ms: number): void {
    clearTimeout(this.timer);
    const late = (): void => void this.socket.destroy(new EslDeadlineMissed(this.address.name, ms));
    this.timer = setTimeout(late, ms);
  }
}
