const HEAD_END = '\n\n';
const LONGEST_HEAD = 64 * 1024;
/** Answers that may be longer are streamed: see esl-stream.ts. */
const LONGEST_BODY = 64 * 1024 * 1024;

/** One frame of the event socket, as it came. */
export interface EslFrame {
  /** The value of Content-Type; empty when there is none. */
  readonly type: string;
  /** Head and body; valid until the frame has been handled, since it shares memory with what was read. */
  readonly bytes: Buffer;
  /** Where the body begins. */
  readonly bodyAt: number;
}

interface Head {
  readonly type: string;
  readonly length: number;
  readonly bodyLength: number;
}

/** Cuts what comes in over the event socket into frames. Bytes are copied only where a frame comes in pieces. */
export class EslFrames {
  /** What has come in of a frame that is not complete, and the frame's head, if that is. */
  private pieces: Buffer[] = [];
  private pending = 0;
  private head: Head | null = null;

  constructor(private readonly handle: (frame: EslFrame) => void) {}

  /** @throws Error when this is not what an event socket sends, and what `handle` throws; there is no going on then */
  push(piece: Buffer): void {
    const bytes = this.joined(piece);
    if (!bytes) return;
    let at = 0;
    while (at < bytes.length) {
      const head: Head | null = (this.head ??= readHead(bytes, at));
      const end = head ? at + head.length + head.bodyLength : Infinity;
      if (!head || end > bytes.length) return this.keep(bytes.subarray(at));
      this.head = null;
      this.handle({ type: head.type, bytes: bytes.subarray(at, end), bodyAt: head.length });
      at = end;
    }
  }

  /** @returns what came before with the piece, or null while it is too little to be read */
  private joined(piece: Buffer): Buffer | null {
    if (this.pending === 0) return piece;
    this.keep(piece);
    if (this.head && this.pending < this.head.length + this.head.bodyLength) return null;
    const bytes = Buffer.concat(this.pieces);
    this.pieces = [];
    this.pending = 0;
    return bytes;
  }

  private keep(piece: Buffer): void {
    this.pieces.push(piece);
    this.pending += piece.length;
  }
}

/** @returns null when the head is not complete; @throws Error when it is none */
function readHead(bytes: Buffer, from: number): Head | null {
  const end = bytes.indexOf(HEAD_END, from, 'latin1');
  if ((end < 0 ? bytes.length : end) - from > LONGEST_HEAD) throw new Error('a frame head that does not end');
  if (end < 0) return null;
  const text = bytes.toString('latin1', from, end);
  const bodyLength = Number(frameHeader(text, 'Content-Length') ?? 0);
  if (!(bodyLength >= 0 && bodyLength <= LONGEST_BODY)) throw new Error(`a frame of ${bodyLength} bytes`);
  return { type: frameHeader(text, 'Content-Type') ?? '', length: end + HEAD_END.length - from, bodyLength };
}

/** A header's value as it stands in a frame's head, or undefined. */
export function frameHeader(head: string, name: string): string | undefined {
  const named = `${name}: `;
  const at = head.startsWith(named) ? 0 : head.indexOf(`\n${named}`) + 1;
  if (at === 0 && !head.startsWith(named)) return undefined;
  const end = head.indexOf('\n', at);
  return head.slice(at + named.length, end < 0 ? undefined : end).trim();
}
