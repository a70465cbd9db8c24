import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  checkBackup,
  fingerprintOf,
  type Head,
  type Part,
  readBackup,
  UnusableBackup,
  writeBackup,
} from './backup-file';

const HEAD: Head = {
  ...{ dialplane: '0.1.0', created_at: '2026-01-01T00:00:00+00:00', database: 'sqlite' },
  ...{ migrations: ['A1'], key: fingerprintOf(Buffer.alloc(32, 1)) },
};
const PARTS: Part[] = [
  { table: 'a', columns: ['id', 'name'], next_id: 3 },
  [1, 'Trần\n"1"'],
  [2, null],
  { table: 'b', columns: ['x'], next_id: null },
  ['y'.repeat(200_000)],
];

describe('a backup file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'backup-'));
  const path = join(folder, 'a.backup');
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    rmSync(path, { force: true });
    await writeBackup(path, HEAD, Readable.from(PARTS));
  });

  const text = (): string => gunzipSync(readFileSync(path)).toString();
  const refusal = async (): Promise<string> => {
    const error: unknown = await checkBackup(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnusableBackup);
    return (error as Error).message.replace(path, 'FILE');
  };

  it('is read as it was written', async () => {
    const read: unknown[] = [];
    for await (const part of readBackup(path)) read.push(part);
    expect(read).toEqual([HEAD, ...PARTS]);
    expect(await checkBackup(path)).toEqual({ head: HEAD, tables: 2, rows: 3 });
  });

  it('takes no place of another', async () => {
    await expect(writeBackup(path, HEAD, Readable.from(PARTS))).rejects.toThrow('EEXIST');
    expect(await checkBackup(path)).toMatchObject({ rows: 3 });
  });

  it.each([
    ['a row is another', (all: string) => all.replace('[2,null]', '[3,null]'), 'its digest is another'],
    ['a row is missing', (all: string) => all.replace('[2,null]\n', ''), 'its digest is another'],
    ['the head is another', (all: string) => all.replace('"A1"', '"A2"'), 'its digest is another'],
    ['its end is missing', (all: string) => all.replace(/\{"sha256.*\n/, ''), 'its end is missing'],
    ['its end is cut', (all: string) => all.slice(0, -1), 'its end is missing'],
    ['something follows', (all: string) => `${all}[1]\n`, 'there is something after its end'],
    ['it is empty', () => '', 'its end is missing'],
  ])('is refused when %s', async (_what, change, why) => {
    writeFileSync(path, gzipSync(change(text())));
    expect(await refusal()).toBe(`FILE is damaged, or no backup of Dialplane: ${why}.`);
  });

  it('is refused when its bytes are others, or not all of them are there', async () => {
    const bytes = readFileSync(path);
    for (let place = 0; place < bytes.length; place += 7) {
      writeFileSync(path, bytes.subarray(0, place));
      expect(await refusal()).toMatch(/^FILE is /);
      // What the gzip header says of time and system is of no matter.
      if (place < 10) continue;
      const changed = Buffer.from(bytes);
      changed[place] = changed[place]! ^ 0x55;
      writeFileSync(path, changed);
      expect(await refusal()).toMatch(/^FILE is /);
    }
  });

  it.each(['{}', '[]', '"x"', '{"format":"other","version":1}', 'x'])('%s is none', async (line) => {
    writeFileSync(path, gzipSync(`${line}\n`));
    expect(await refusal()).toBe('FILE is no backup of Dialplane.');
  });

  it('of a newer version is left to that', async () => {
    writeFileSync(path, gzipSync(text().replace('"version":1', '"version":2')));
    expect(await refusal()).toBe(
      'FILE was written by a newer version of Dialplane (0.1.0); restore it with that.',
    );
  });
});
