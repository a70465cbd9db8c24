import { createHash } from 'node:crypto';

/** Spreadsheets write it before a text in UTF-8, and without it take a file for one that is not. */
export const BYTE_ORDER_MARK = '\uFEFF';
const MARK = Buffer.from(BYTE_ORDER_MARK);

/** Read at a time, so that other requests have their turn in between. */
export const SLICE_BYTES = 32 * 1024;
/** Of one row, which is parsed in one go. */
export const ROW_BYTES = 64 * 1024;

/** A request's body as it came, known to be UTF-8: too large to be read in one go, in which nothing else has its turn. */
export class RawBody {
  constructor(readonly bytes: Buffer) {}

  /** Who tells one body from another needs not write out all of it. */
  toJSON(): string {
    return createHash('sha256').update(this.bytes).digest('hex');
  }
}

/** The text itself. */
export function unmarked(bytes: Buffer): Buffer {
  return bytes.subarray(0, MARK.length).equals(MARK) ? bytes.subarray(MARK.length) : bytes;
}
