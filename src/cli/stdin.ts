import { withDeadline } from '../core/deadline';
import { commandIo } from './command-io';

/** A pipe that nobody writes to, nor closes, must not hold a script up for ever. */
const FIRST_WORD_MS = 5_000;
const LONGEST = 10_000;

/** The first line that is piped in, or null when there is none. */
export async function lineFromStdin(): Promise<string | null> {
  const { stdin } = commandIo();
  if (stdin.isTTY) return null;
  let text = '';
  const read = new Promise<void>((resolve) => {
    stdin.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n') || text.length > LONGEST) resolve();
    });
    stdin.once('end', resolve).once('error', () => resolve());
  });
  await withDeadline(read, FIRST_WORD_MS, () => undefined);
  stdin.removeAllListeners();
  stdin.destroy();
  const [line = ''] = text.split(/\r?\n/);
  return line === '' ? null : line;
}
