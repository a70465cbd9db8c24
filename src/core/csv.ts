import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CsvError, parse } from 'csv-parse';
import { stringify } from 'csv-stringify/sync';
import { requireColumns } from './columns';
import { InvalidData } from './errors';
import { RawBody, ROW_BYTES, SLICE_BYTES, unmarked } from './raw-body';

export const CSV = 'text/csv';

/** A request's body of text/csv. */
export class CsvBody extends RawBody {}

export interface CsvRow {
  /** Where it begins in the file; the header is on line 1. */
  line: number;
  cells: string[];
}

export interface CsvTable {
  header: string[];
  rows: CsvRow[];
}

/** What a file may hold. */
export interface CsvForm {
  columns: readonly string[];
  most: number;
  /** Told of more rows. */
  tooMany: InvalidData;
  /** That is to blame for what is wrong with the file as a whole. */
  field: string;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const FIRST_LINE = /^[\r\n]*([^\r\n]*)(\r*\n|\r)?/;
/**
 * Where a spreadsheet begins a cell, be it one that takes `;` for the separator, with what it takes for a formula
 * behind it. Quotes do not matter: such a one takes ours for its own.
 */
const FORMULA = /(?<=^|[;\t\r\n])(?=['"]*[=+\-@\t\r])/g;
const SHIELDED = /(?<=^|[;\t\r\n])'(?=['"]*[=+\-@\t\r])/g;

/** A cell as it is written: what a spreadsheet would run has one more `'` before it. */
export const shielded = (cell: string): string => cell.replace(FORMULA, "'");

/** The way back. */
export const unshielded = (cell: string): string => cell.replace(SHIELDED, '');

/** The way back as a person is told of it. */
export const UNSHIELDED =
  "A `'` at the beginning of a cell, or after a `;` in it, that stands before `=`, `+`, `-` or `@`, quotes between them or not, is taken away once.";

const TRUTHS = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** Yes or no, as spreadsheets write it; any other cell as it is. */
export const truthOf = (cell: string): boolean | string => TRUTHS.get(cell.toLowerCase()) ?? cell;

/** Lines of CSV, each ended; no spreadsheet takes a cell for a formula. */
export function csvLines(rows: readonly (readonly string[])[]): string {
  return stringify(
    rows.map((cells) => cells.map(shielded)),
    { record_delimiter: '\r\n' },
  );
}

/**
 * Reads a header and the rows under it, with `,` or, as some spreadsheets write it, `;` between cells, and
 * with the line ends of any system. Rows whose cells are all empty are left out.
 * @throws InvalidData for what is no CSV, for a row of more than 64 KiB, and for what the form does not allow
 */
export async function readCsv(bytes: Buffer, form: CsvForm): Promise<CsvTable> {
  const text = unmarked(bytes);
  const [, firstLine = '', end] = FIRST_LINE.exec(text.toString('latin1', 0, ROW_BYTES)) ?? [];
  const oldMac = end === '\r';
  const delimiter = firstLine.includes(';') ? ';' : ',';
  const parser = parse({
    delimiter,
    record_delimiter: oldMac ? ['\r'] : ['\r\n', '\n'],
    relax_column_count: true,
  });
  const lines: number[] = [];
  const blank = [delimiter.charCodeAt(0), CARRIAGE_RETURN, LINE_FEED];
  const rows = rowsOf(text, { ...form, blank, end: oldMac ? CARRIAGE_RETURN : LINE_FEED }, lines);
  const source = Readable.from(rows).on('error', (error) => parser.destroy(error));
  const read: CsvRow[] = [];
  try {
    for await (const record of source.pipe(parser) as AsyncIterable<string[]>) {
      read.push({ line: lines[read.length] ?? 0, cells: record.map(unshielded) });
    }
  } catch (error) {
    throw error instanceof CsvError ? InvalidData.field(form.field, told(error, lines)) : error;
  } finally {
    source.destroy();
  }
  return tableOf(read, form);
}

function tableOf([first, ...rows]: CsvRow[], { columns, field }: CsvForm): CsvTable {
  const names = first?.cells.map((cell) => cell.trim()) ?? [];
  const filled = rows.filter(({ cells }) => cells.some((cell) => cell !== ''));
  // Spreadsheets write empty columns beside a table as well.
  let width = names.length;
  const isEmpty = ({ cells }: CsvRow): boolean => (cells[width - 1] ?? '') === '';
  while (names[width - 1] === '' && filled.every(isEmpty)) width -= 1;
  const header = names.slice(0, width);
  if (filled.length > 0) requireColumns(header, columns, field);
  const beside = ({ line, cells }: CsvRow): CsvRow => ({ line, cells: cells.slice(0, width) });
  return { header, rows: filled.map((row) => (row.cells.length > names.length ? row : beside(row))) };
}

/**
 * The rows that are not blank, for others cost the parser as much. Those that are too many or too long are refused
 * before they cost it anything.
 * @param end of a line
 * @param blank what a blank row may be made of
 * @param lines is filled with where each row begins
 */
async function* rowsOf(
  bytes: Buffer,
  { most, tooMany, field, blank, end }: CsvForm & { blank: number[]; end: number },
  lines: number[],
): AsyncGenerator<Buffer> {
  let row = { start: 0, line: 1, blank: true };
  let line = 1;
  let quoted = false;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0;
    if (byte === QUOTE) quoted = !quoted;
    if (byte === LINE_FEED || (byte === CARRIAGE_RETURN && bytes[i + 1] !== LINE_FEED)) line += 1;
    row.blank &&= blank.includes(byte);
    if (i - row.start >= ROW_BYTES) {
      throw InvalidData.field(field, 'The file has a row of more than 64 KiB.');
    }
    if ((byte === end && !quoted) || i === bytes.length - 1) {
      // The header is one of them.
      if (!row.blank && lines.push(row.line) > most + 1) throw tooMany;
      if (!row.blank) yield bytes.subarray(row.start, i + 1);
      row = { start: i + 1, line, blank: true };
    }
    if (i % SLICE_BYTES === 0) await nextTurn();
  }
}

function told({ code, records }: CsvError & { records?: unknown }, lines: readonly number[]): string {
  return code === 'CSV_QUOTE_NOT_CLOSED'
    ? 'The file is no CSV: a quote is never closed.'
    : `The file is no CSV: look at the quotes in line ${lines[Number(records)]}.`;
}
