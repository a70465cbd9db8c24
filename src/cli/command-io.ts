import { AsyncLocalStorage } from 'node:async_hooks';
import { type Readable } from 'node:stream';

/** What a command reads and writes; a `process` is one. */
export interface CommandIo {
  env: Record<string, string | undefined>;
  stdin: Readable & { isTTY?: boolean };
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

const running = new AsyncLocalStorage<CommandIo>();

/**
 * Runs a command that finds `io` in `commandIo`. The program's own command does without the storage: once it is used,
 * Node follows every promise and every socket, which would cost a server that runs for months.
 */
export function withCommandIo<T>(io: CommandIo, work: () => Promise<T>): Promise<T> {
  return io === process ? work() : running.run(io, work);
}

/** That of the command that is running here; the process's own outside of one. */
export function commandIo(): CommandIo {
  return running.getStore() ?? process;
}
