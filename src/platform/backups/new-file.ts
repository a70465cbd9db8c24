import { randomBytes } from 'node:crypto';
import { existsSync, fsyncSync, linkSync, openSync, closeSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** There is a file of that name. */
export class FileExists extends Error {
  readonly code = 'file_exists';

  constructor(path: string) {
    super(`${path} is there already, and is left as it is.`);
  }
}

/**
 * A file that is there whole or not at all, and takes no other's place.
 * @param write writes it, to the disk, under the name that it gets, in the same folder
 * @throws FileExists, and what `write` throws
 */
export async function newFile<T>(path: string, write: (partial: string) => Promise<T>): Promise<T> {
  if (existsSync(path)) throw new FileExists(path);
  const partial = `${path}.${randomBytes(4).toString('hex')}.partial`;
  try {
    const written = await write(partial);
    publish(partial, path);
    return written;
  } finally {
    rmSync(partial, { force: true });
  }
}

function publish(partial: string, path: string): void {
  try {
    // Unlike a renaming it fails when somebody else was first.
    linkSync(partial, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new FileExists(path);
    // Network and FAT file systems have no links.
    if (existsSync(path)) throw new FileExists(path);
    renameSync(partial, path);
  }
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}
