import { CsvBody, readCsv, truthOf } from '../../../core/csv';
import { type FieldErrors, InvalidData } from '../../../core/errors';
import { readFields } from '../../edge/fields.pipe';
import { type NewCallerId } from '../../../pbx/caller-ids/new-caller-id';
import { isPhoneNumber } from '../../../pbx/caller-ids/phone-number';
import {
  CreateCallerIdDto,
  ImportCallerIdsDto,
  MAX_CALLER_IDS_IMPORTED,
  newCallerId,
} from './caller-id-input.dto';

/**
 * The caller IDs of an import.
 * @param body CSV, with a first line of field names, or the JSON
 * @param countryCode the tenant's
 * @throws InvalidData naming each wrong field by its row, the first being 0, as in `caller_ids.3.number`
 * @throws MalformedRequest when it is no object
 */
export async function readCallerIdImport(body: unknown, countryCode: string): Promise<NewCallerId[]> {
  const given = body instanceof CsvBody ? { caller_ids: await csvRows(body) } : body;
  const { caller_ids: rows } = readFields(ImportCallerIdsDto, given);
  const errors: FieldErrors = {};
  const read = rows.flatMap((row, place) => readRow(row, `caller_ids.${place}`, errors));
  for (const [place] of read.filter(([, { number }]) => !isPhoneNumber(number, countryCode)))
    errors[`${place}.number`] = ['The number format is invalid.'];
  for (const [place] of read.filter(([, { is_default }]) => is_default).slice(1))
    errors[`${place}.is_default`] ??= ['The is default field may be true only once.'];
  if (Object.keys(errors).length > 0) throw new InvalidData(errors);
  return read.map(([, row]) => newCallerId(row));
}

function readRow(row: unknown, place: string, errors: FieldErrors): [string, CreateCallerIdDto][] {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    errors[place] = [`The ${place.replace('_', ' ')} must be an object.`];
    return [];
  }
  try {
    return [[place, readFields(CreateCallerIdDto, row)]];
  } catch (error) {
    if (!(error instanceof InvalidData)) throw error;
    for (const [field, sentences] of Object.entries(error.errors)) errors[`${place}.${field}`] = sentences;
    return [];
  }
}

const COLUMNS = ['number', 'display_name', 'carrier', 'cli_type', 'is_default'];
const TOO_MANY = InvalidData.field(
  'caller_ids',
  `The caller ids may not have more than ${MAX_CALLER_IDS_IMPORTED} items.`,
);
const FORM = { columns: COLUMNS, most: MAX_CALLER_IDS_IMPORTED, tooMany: TOO_MANY, field: 'caller_ids' };

async function csvRows({ bytes }: CsvBody): Promise<Record<string, unknown>[]> {
  const { header, rows } = await readCsv(bytes, FORM);
  const places = COLUMNS.map((name) => [name, header.indexOf(name)] as const);
  return rows.map(({ line, cells }) => {
    if (cells.length > header.length) {
      throw InvalidData.field('caller_ids', `Line ${line} of the CSV has more cells than the first.`);
    }
    const row = Object.fromEntries(places.map(([name, place]) => [name, cells[place]?.trim()]));
    return { ...row, is_default: truthOf(row.is_default ?? '') };
  });
}
