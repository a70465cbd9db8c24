const LF = 0x0a;
const LONGEST_LINE = 256 * 1024;

/**
 * Cuts bytes that come in pieces into lines. Each line is decoded by itself: a text cut out of a long one
 * would keep all of that in memory for as long as it lives.
 */
export class Lines {
  private begun: Buffer = Buffer.alloc(0);

  constructor(private readonly hear: (line: string) => void) {}

  /** @throws Error at a line longer than 256 KiB */
  push(piece: Buffer): void {
    let from = 0;
    for (let end = piece.indexOf(LF); end >= 0; end = piece.indexOf(LF, from)) {
      this.hear(this.rest(piece.subarray(from, end)).toString('utf8'));
      from = end + 1;
    }
    this.begun = this.rest(Buffer.from(piece.subarray(from)));
    if (this.begun.length > LONGEST_LINE) throw new Error('a line without an end');
  }

  /** What stands behind the last line break. */
  end(): void {
    if (this.begun.length > 0) this.hear(this.rest(Buffer.alloc(0)).toString('utf8'));
  }

  private rest(bytes: Buffer): Buffer {
    if (this.begun.length === 0) return bytes;
    const whole = Buffer.concat([this.begun, bytes]);
    this.begun = Buffer.alloc(0);
    return whole;
  }
}
