import { randomBytes } from 'node:crypto';

/** What all logs together may hold. */
export class ReplayBudget {
  used = 0;

  constructor(readonly most: number) {}
}

interface Batch {
  /** The sequence number of its first frame. */
  first: number;
  last: number;
  bytes: Buffer;
  /** Where each frame begins. */
  starts: number[];
}

const MOST_IN_BATCH = 64 * 1024;

/** One server-sent event; `data` becomes JSON, which holds no line break. */
export function frame(event: string, id: string, data: unknown): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * The last frames of a stream, each once for all of its readers; they are kept as bytes, in batches that
 * readers share. The oldest go when there are too many bytes.
 */
export class ReplayBuffer {
  /** No two logs have the same, so that an id tells to which log it belongs. */
  private readonly epoch = randomBytes(6).toString('hex');
  private batches: Batch[] = [];
  private unsealed: string[] = [];
  private bytes = 0;
  private sequence = 0;

  /** @param most how many bytes may be kept at present */
  constructor(
    private readonly budget: ReplayBudget,
    private readonly most: () => number,
  ) {}

  /** The number of the newest frame; 0 when there was none. */
  get last(): number {
    return this.sequence;
  }

  idOf(sequence: number): string {
    return `${this.epoch}-${sequence}`;
  }

  /** Where to go on after the frame of this id; null when that is not known any more. */
  positionOf(id: string): number | null {
    const [, epoch, number] = /^([0-9a-f]+)-(\d{1,15})$/.exec(id) ?? [];
    const position = Number(number);
    if (epoch !== this.epoch || position > this.sequence) return null;
    return this.after(position) === 'lost' ? null : position;
  }

  /** Adds a frame, which readers see once it is sealed. */
  add(event: string, data: unknown): void {
    this.unsealed.push(frame(event, this.idOf(++this.sequence), data));
  }

  /** Makes what was added readable. */
  seal(): void {
    let first = this.sequence - this.unsealed.length + 1;
    while (this.unsealed.length > 0) {
      const batch = batchOf(this.unsealed, first);
      this.unsealed.splice(0, batch.starts.length);
      this.batches.push(batch);
      this.account(batch.bytes.length);
      first = batch.last + 1;
    }
    while (this.batches.length > 1 && (this.bytes > this.most() || this.budget.used > this.budget.most)) {
      this.account(-(this.batches.shift()?.bytes.length ?? 0));
    }
  }

  /** The next frames after `position`; null when there are none yet, `lost` when some are no longer kept. */
  after(position: number): { bytes: Buffer; last: number } | 'lost' | null {
    const newest = this.batches.at(-1);
    if (!newest || position >= newest.last) return null;
    const batch = this.batches[this.indexAfter(position)];
    const offset = batch?.starts[position + 1 - batch.first];
    if (!batch || offset === undefined) return 'lost';
    return { bytes: offset === 0 ? batch.bytes : batch.bytes.subarray(offset), last: batch.last };
  }

  /** Gives back its part of the budget. */
  clear(): void {
    this.account(-this.bytes);
    this.batches = [];
  }

  /** The first batch that reaches beyond `position`. */
  private indexAfter(position: number): number {
    let [low, high] = [0, this.batches.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.batches[middle]?.last ?? 0) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private account(bytes: number): void {
    this.bytes += bytes;
    this.budget.used += bytes;
  }
}

/** As many of the frames as fit into one batch, at least one. */
function batchOf(frames: readonly string[], first: number): Batch {
  const starts: number[] = [];
  let size = 0;
  for (const text of frames) {
    const length = Buffer.byteLength(text);
    if (size > 0 && size + length > MOST_IN_BATCH) break;
    starts.push(size);
    size += length;
  }
  const bytes = Buffer.from(frames.slice(0, starts.length).join(''));
  return { first, last: first + starts.length - 1, bytes, starts };
}
