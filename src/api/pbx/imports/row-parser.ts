import { requireColumns } from '../../../core/columns';
import { CsvBody, type CsvRow, readCsv, truthOf } from '../../../core/csv';
import { InvalidData, MalformedRequest } from '../../../core/errors';
import { JsonBody, readJsonRows } from '../../../core/json-rows';
import { forEachYielding } from '../../../core/yielding';

/** How many extensions one import may hold. */
export const MAX_IMPORT_ROWS = 10_000;

/** A row's number, as in extension-number.ts, or `1000-1199` for all from the one to the other. */
export const NUMBERS = /^([0-9]{3,10})(?:-([0-9]{3,10}))?$/;

/** What may be imported, and what it is when it is not text. */
const COLUMNS: Record<string, 'text' | 'integer' | 'boolean'> = {
  extension_number: 'text',
  display_name: 'text',
  team_id: 'integer',
  status: 'text',
  sip_password: 'text',
  voicemail_enabled: 'boolean',
  voicemail_pin: 'text',
  voicemail_email: 'text',
  outbound_caller_id: 'text',
  recording_mode: 'text',
  max_concurrent: 'integer',
  tls_enabled: 'boolean',
};

const TOO_MANY = InvalidData.field(
  'rows',
  `No more than ${MAX_IMPORT_ROWS} extensions may be imported at once.`,
);
const FORM = { columns: Object.keys(COLUMNS), most: MAX_IMPORT_ROWS, tooMany: TOO_MANY, field: 'rows' };

/** A row as it was sent, of a file that can be read. */
export interface ImportRow {
  /** In the file, whose header is on line 1; of JSON the place in the list, from 1. */
  line: number;
  /** Values by field, those of CSV converted. */
  given: Record<string, unknown>;
  fromCsv: boolean;
  /** What is wrong with the row as a whole, or null. */
  wrong: string | null;
}

/** One extension of a row; a range makes many. */
export interface Candidate {
  row: ImportRow;
  /** Null when the row has none that can be one. */
  number: string | null;
  /** Whether an earlier one has the same number. */
  repeated: boolean;
}

/**
 * Reads what was sent, CSV or `{"rows": […]}`.
 * @throws InvalidData for what no row can be blamed for: no rows, too many, an unknown column
 */
export async function parseRows(body: unknown): Promise<Candidate[]> {
  const rows = body instanceof CsvBody ? await csvRows(body) : await jsonRows(body);
  if (rows.length === 0) throw InvalidData.field('rows', 'The rows field is required.');
  return candidatesOf(rows);
}

async function csvRows({ bytes }: CsvBody): Promise<ImportRow[]> {
  const { header, rows } = await readCsv(bytes, FORM);
  if (rows.length === 0) return [];
  if (!header.includes('extension_number')) {
    throw InvalidData.field('rows', 'The column extension_number is missing.');
  }
  return rows.map((row) => csvRow(header, row));
}

function csvRow(header: string[], { line, cells }: CsvRow): ImportRow {
  const given = Object.fromEntries(header.map((name, i) => [name, typed(name, cells[i] ?? '')]));
  const wrong = `The row has ${cells.length} cells, but the header has ${header.length}.`;
  return { line, given, fromCsv: true, wrong: cells.length === header.length ? null : wrong };
}

/** A cell's value; what cannot be converted is left for the field's rule to refuse. */
function typed(column: string, cell: string): unknown {
  if (COLUMNS[column] === 'boolean') return truthOf(cell);
  if (COLUMNS[column] === 'integer' && /^-?[0-9]{1,15}$/.test(cell)) return Number(cell);
  return cell;
}

async function jsonRows(body: unknown): Promise<ImportRow[]> {
  if (!(body instanceof JsonBody)) throw new MalformedRequest();
  const rows: ImportRow[] = [];
  await forEachYielding((await readJsonRows(body, FORM)) ?? [], (given) =>
    rows.push(jsonRow(given, rows.length)),
  );
  return rows;
}

function jsonRow(given: unknown, place: number): ImportRow {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw InvalidData.field(`rows.${place}`, `The rows.${place} must be an object.`);
  }
  requireColumns(Object.keys(given), FORM.columns, FORM.field);
  return { line: place + 1, given: given as Record<string, unknown>, fromCsv: false, wrong: null };
}

function candidatesOf(rows: ImportRow[]): Candidate[] {
  const ranges = rows.map((row) => numbersOf(row.given.extension_number));
  if (ranges.reduce((sum, { count }) => sum + count, 0) > MAX_IMPORT_ROWS) throw TOO_MANY;
  const seen = new Set<string>();
  return rows.flatMap((row, place): Candidate[] => {
    const { first, count } = ranges[place] ?? { first: null, count: 1 };
    if (first === null) return [{ row, number: null, repeated: false }];
    return Array.from({ length: count }, (_, i) => {
      const number = String(Number(first) + i).padStart(first.length, '0');
      const repeated = seen.has(number);
      seen.add(number);
      return { row, number, repeated };
    });
  });
}

function numbersOf(given: unknown): { first: string | null; count: number } {
  const [, first = '', last = first] = (typeof given === 'string' && NUMBERS.exec(given)) || [];
  const count = Number(last) - Number(first) + 1;
  const areSome = first !== '' && first.length === last.length && count > 0;
  return areSome ? { first, count } : { first: null, count: 1 };
}
