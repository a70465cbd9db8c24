import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually';
import { scratchFolder } from './scratch';

/** A folder that all test files of this run share; made before they start. */
export function makeRunFolder(): void {
  process.env.TEST_RUN_FOLDER = scratchFolder('run');
}

export function removeRunFolder(): void {
  rmSync(runFolder(), { recursive: true, force: true });
}

/** The path of a name in it. */
export function inRunFolder(name: string): string {
  return join(runFolder(), name);
}

/** Does something once for all test files of this run, whichever comes first; the others wait for its end. */
export async function onceARun(name: string, work: () => Promise<void>): Promise<void> {
  const [begun, done] = [inRunFolder(`${name}.begun`), inRunFolder(`${name}.done`)];
  if (existsSync(done)) return;
  try {
    mkdirSync(begun);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return eventually(() => existsSync(done));
  }
  try {
    await work();
    mkdirSync(done);
  } catch (error) {
    rmSync(begun, { recursive: true });
    throw error;
  }
}

function runFolder(): string {
  const { TEST_RUN_FOLDER } = process.env;
  if (!TEST_RUN_FOLDER) throw new Error('TEST_RUN_FOLDER is made by global-setup.ts');
  return TEST_RUN_FOLDER;
}
