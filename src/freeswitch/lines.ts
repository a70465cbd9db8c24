const LF = 0x0a;
const LONGEST_LINE = 256 * 1024;

/**
 * Cuts bytes that come in pieces into lines; of a line longer than 256 KiB the middle may be left out. A line is a part
 * of its piece's text and keeps all of that in memory for as long as it lives: copy what is to be kept.
 */
export class Lines {
  private begun: Buffer = Buffer.alloc(0);

  constructor(private readonly hear: (line: string) => void) {}

  push(piece: Buffer): void {
    const end = piece.lastIndexOf(LF);
    if (end < 0) {
      // FreeSWITCH fact: over TCP a phone may send it a header of two megabytes, which it keeps and shows as it is.
      const room = this.begun.length < LONGEST_LINE ? this.begun : this.begun.subarray(0, LONGEST_LINE / 2);
      this.begun = Buffer.concat([room, piece]);
      return;
    }
    const text = Buffer.concat([this.begun, piece.subarray(0, end)]).toString('utf8');
    this.begun = Buffer.from(piece.subarray(end + 1));
    this.cut(text);
  }

  /** What stands behind the last line break. */
  end(): void {
    if (this.begun.length > 0) this.hear(this.begun.toString('utf8'));
    this.begun = Buffer.alloc(0);
  }

  private cut(text: string): void {
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.hear(text.slice(from, end));
      from = end + 1;
    }
    this.hear(text.slice(from));
  }
}
