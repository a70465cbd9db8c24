import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from './scratch';

/** A file system of its own, so small that a test can fill it. */
export class SmallDisk {
  private readonly filler: string;

  private constructor(readonly folder: string) {
    this.filler = join(folder, 'filler');
  }

  /** Null, said aloud, where this user may not mount. */
  static mount(megabytes: number): SmallDisk | null {
    const folder = scratchFolder('disk');
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' });
      return new SmallDisk(folder);
    } catch (error) {
      process.stderr.write(`SKIPPED what a full disk does: ${(error as Error).message}\n`);
      rmSync(folder, { recursive: true });
      return null;
    }
  }

  fill(): void {
    const file = openSync(this.filler, 'a');
    const block = Buffer.alloc(4_096);
    try {
      for (;;) writeSync(file, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  makeSpace(): void {
    rmSync(this.filler);
  }

  unmount(): void {
    execFileSync('umount', ['-l', this.folder]);
    rmSync(this.folder, { recursive: true });
  }
}
