import { requireColumns } from '../../../core/columns';
import { CsvBody, type CsvRow, readCsv, truthOf } from '../../../core/csv';
import { InvalidData, MalformedRequest } from '../../../core/errors';
import { JsonBody, readJsonRows } from '../../../core/json-rows';
import { type Candidate, candidatesOf, MAX_IMPORT_ROWS } from '../../../pbx/imports/import-row';
import { type ExtensionField } from '../../../schema/extension-fields';
import { type WIRE_NAMES } from '../extensions/extension-input.mapper';
import { PbxRow } from './pbx-row';
import { forEachYielding } from '../../../core/yielding';

/** What may be imported, and what it is when it is not text. */
type Kind = 'text' | 'integer' | 'boolean';

const COLUMNS: Readonly<Record<string, Kind>> = {
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
} satisfies Record<(typeof WIRE_NAMES)[ExtensionField], Kind>;

const TOO_MANY = InvalidData.field(
  'rows',
  `No more than ${MAX_IMPORT_ROWS} extensions may be imported at once.`,
);
const FORM = { columns: Object.keys(COLUMNS), most: MAX_IMPORT_ROWS, tooMany: TOO_MANY, field: 'rows' };

/**
 * Reads what was sent, CSV or `{"rows": […]}`.
 * @throws InvalidData, FieldInvalid for what is wrong with no single row: no rows, too many, an unknown column
 */
export async function parseRows(body: unknown): Promise<Candidate[]> {
  const rows = body instanceof CsvBody ? await csvRows(body) : await jsonRows(body);
  if (rows.length === 0) throw InvalidData.field('rows', 'The rows field is required.');
  return candidatesOf(rows);
}

async function csvRows({ bytes }: CsvBody): Promise<PbxRow[]> {
  const { header, rows } = await readCsv(bytes, FORM);
  if (rows.length === 0) return [];
  if (!header.includes('extension_number')) {
    throw InvalidData.field('rows', 'The column extension_number is missing.');
  }
  return rows.map((row) => csvRow(header, row));
}

function csvRow(header: string[], { line, cells }: CsvRow): PbxRow {
  const given = Object.fromEntries(header.map((name, i) => [name, typed(name, cells[i] ?? '')]));
  const wrong = `The row has ${cells.length} cells, but the header has ${header.length}.`;
  return new PbxRow(line, given, 'csv', cells.length === header.length ? null : wrong);
}

/** A cell's value; what cannot be converted is left for the field's rule to refuse. */
function typed(column: string, cell: string): unknown {
  if (COLUMNS[column] === 'boolean') return truthOf(cell);
  if (COLUMNS[column] === 'integer' && /^-?[0-9]{1,15}$/.test(cell)) return Number(cell);
  return cell;
}

async function jsonRows(body: unknown): Promise<PbxRow[]> {
  if (!(body instanceof JsonBody)) throw new MalformedRequest();
  const rows: PbxRow[] = [];
  await forEachYielding((await readJsonRows(body, FORM)) ?? [], (given) =>
    rows.push(jsonRow(given, rows.length)),
  );
  return rows;
}

function jsonRow(given: unknown, place: number): PbxRow {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw InvalidData.field(`rows.${place}`, `The rows.${place} must be an object.`);
  }
  requireColumns(Object.keys(given), FORM.columns, FORM.field);
  return new PbxRow(place + 1, given as Record<string, unknown>, 'json');
}
