import { createHash, createHmac } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { pipeline as joined } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';

const FORMAT = 'dialplane-backup';
/** Raised when a program of before could not read what is written. */
const VERSION = 1;
const BLOCK_BYTES = 64 * 1024;
/** Far above the longest row; what is longer is no backup. */
const LONGEST_LINE_BYTES = 64 * 1024 * 1024;

/** What a backup is of. */
export interface Head {
  /** The version of Dialplane that wrote it. */
  dialplane: string;
  /** ISO 8601. */
  created_at: string;
  database: 'sqlite' | 'mysql';
  /** Names of the migrations that made its tables, in their order. */
  migrations: string[];
  /** Of the key that opens what is sealed in it (see `fingerprintOf`). */
  key: string;
}

/** What stands before a table's rows; the next id is null when the database does not count them. */
export interface TableHead {
  table: string;
  columns: string[];
  next_id: number | null;
}

/** Values in the order of the columns; times as `2026-01-01 00:00:00.000` in UTC, truths as 1 and 0. */
export type Row = (string | number | null)[];

/** A table's head, or a row of the table named last. */
export type Part = TableHead | Row;

/** What was found in a backup that is whole. */
export interface Contents {
  head: Head;
  tables: number;
  rows: number;
}

/** It cannot be restored: no backup, damaged, of a newer version, of another installation. */
export class UnusableBackup extends Error {
  readonly code = 'unusable_backup';
}

/** Shows which key it is without telling anything of it. */
export function fingerprintOf(appKey: Buffer): string {
  return createHmac('sha256', appKey).update('fingerprint of the key').digest('hex').slice(0, 16);
}

/**
 * Writes a backup: lines of JSON, gzipped. First the head, then each table, then the SHA-256 of all lines before.
 * It is on the disk when this resolves.
 * @throws when the file is there already
 */
export async function writeBackup(path: string, head: Head, parts: AsyncIterable<Part>): Promise<void> {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
  await pipeline(encoded(head, parts), createGzip(), file);
}

async function* encoded(head: Head, parts: AsyncIterable<Part>): AsyncGenerator<string> {
  const hash = createHash('sha256');
  let block = `${JSON.stringify({ format: FORMAT, version: VERSION, ...head })}\n`;
  for await (const part of parts) {
    if (block.length >= BLOCK_BYTES) {
      hash.update(block);
      yield block;
      block = '';
    }
    block += `${JSON.stringify(part)}\n`;
  }
  hash.update(block);
  yield block;
  yield `${JSON.stringify({ sha256: hash.digest('hex') })}\n`;
}

/**
 * The head of a backup, then its parts, as they are read. Whoever reads to the end knows that the file is whole.
 * @throws UnusableBackup as soon as it is known
 */
export async function* readBackup(path: string): AsyncGenerator<Head | Part, void> {
  const hash = createHash('sha256');
  let isFirst = true;
  let ended = false;
  for await (const line of linesOf(path)) {
    if (ended) throw damaged(path, 'there is something after its end');
    const value = valueOf(line);
    if (isFirst) {
      yield readHead(path, value);
      isFirst = false;
    } else if (isPart(value)) yield value;
    else if (value?.sha256 === hash.digest('hex')) ended = true;
    else throw damaged(path, 'its digest is another');
    if (!ended) hash.update(line).update('\n');
  }
  if (!ended) throw damaged(path, 'its end is missing');
}

/** Reads it to its end. @throws UnusableBackup */
export async function checkBackup(path: string): Promise<Contents> {
  let head: Head | null = null;
  let tables = 0;
  let rows = 0;
  for await (const part of readBackup(path)) {
    if (Array.isArray(part)) rows += 1;
    else if ('table' in part) tables += 1;
    else head = part;
  }
  if (!head) throw notOurs(path);
  return { head, tables, rows };
}

/** What a line holds; null when it is no JSON. */
function valueOf(line: Buffer): Record<string, unknown> | null {
  try {
    return JSON.parse(line.toString()) as Record<string, unknown> | null;
  } catch {
    return null;
  }
}

function isPart(value: unknown): value is Part {
  return Array.isArray(value) || (typeof value === 'object' && value !== null && 'table' in value);
}

function readHead(path: string, value: Record<string, unknown> | null): Head {
  const { format, version, ...head } = value ?? {};
  if (format !== FORMAT) throw notOurs(path);
  if (version !== VERSION) {
    throw new UnusableBackup(
      `${path} was written by a newer version of Dialplane (${String(head.dialplane)}); restore it with that.`,
    );
  }
  return head as unknown as Head;
}

async function* linesOf(path: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // An error reaches the reader of the last stream.
  joined(createReadStream(path), gunzip, () => undefined);
  let begun: Buffer[] = [];
  let length = 0;
  try {
    for await (const block of gunzip as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = block.indexOf(10); end >= 0; end = block.indexOf(10, start)) {
        yield Buffer.concat([...begun, block.subarray(start, end)]);
        begun = [];
        length = 0;
        start = end + 1;
      }
      begun.push(block.subarray(start));
      length += block.length - start;
      if (length > LONGEST_LINE_BYTES) throw notOurs(path);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_')) throw damaged(path, (error as Error).message);
    throw error;
  }
  if (length > 0) throw damaged(path, 'its end is missing');
}

function damaged(path: string, why: string): UnusableBackup {
  return new UnusableBackup(`${path} is damaged, or no backup of Dialplane: ${why}.`);
}

function notOurs(path: string): UnusableBackup {
  return new UnusableBackup(`${path} is no backup of Dialplane.`);
}
