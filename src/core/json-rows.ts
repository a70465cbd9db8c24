import { setImmediate as nextTurn } from 'node:timers/promises';
import { BodyTooLarge, InvalidData, MalformedRequest } from './errors';
import { RawBody, ROW_BYTES, SLICE_BYTES, unmarked } from './raw-body';

/** A request's body of application/json that holds a long list. */
export class JsonBody extends RawBody {}

export interface JsonForm {
  /** The list's name in the object that is sent. */
  field: string;
  most: number;
  /** Told of more rows. */
  tooMany: InvalidData;
}

/** Characters of what is not in a row, the commas between rows too: parsed in one go as well. */
const MOST_REST = 256 * 1024;
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const SPACES = [0x20, 0x09, 0x0a, 0x0d];

interface Parts {
  /** The body with a number in place of each row, which says where in `rows` it is. */
  rest: string;
  rows: Buffer[];
}

/**
 * Reads the list of an object that is too long to be parsed in one go: what is in it is cut out and parsed row by
 * row. The JSON is as strict as JSON.parse.
 * @returns undefined or null when there is no such list
 * @throws MalformedRequest for what is no JSON, or no object; BodyTooLarge for much beside the list; InvalidData for
 *   what is no list, for too many rows, and for one of more than 64 KiB
 */
export async function readJsonRows(
  { bytes }: JsonBody,
  form: JsonForm,
): Promise<unknown[] | null | undefined> {
  const { rest, rows } = await cut(unmarked(bytes), form);
  const whole = parsed(rest);
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) throw new MalformedRequest();
  const values: unknown[] = [];
  let bytesRead = 0;
  for (const row of rows) {
    values.push(parsed(row.toString()));
    bytesRead += row.length;
    if (bytesRead < SLICE_BYTES) continue;
    bytesRead = 0;
    await nextTurn();
  }
  const list = (whole as Record<string, unknown>)[form.field];
  if (list === undefined || list === null) return list;
  if (!Array.isArray(list)) throw InvalidData.field(form.field, `The ${form.field} must be an array.`);
  return list.map((place: number) => values[place]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedRequest();
  }
}

/** Cuts out what stands in the lists right under the top. */
async function cut(bytes: Buffer, { most, tooMany, field }: JsonForm): Promise<Parts> {
  const rows: Buffer[] = [];
  let [rest, from, turn, inList] = ['', 0, 0, false];
  const keep = (end: number): void => {
    rest += bytes.toString('utf8', from, end);
    if (rest.length > MOST_REST) throw new BodyTooLarge();
    from = end;
  };
  const take = (end: number): void => {
    const row = bytes.subarray(from, end);
    if (row.every((byte) => SPACES.includes(byte))) return;
    if (row.length > ROW_BYTES) throw InvalidData.field(field, 'There is a row of more than 64 KiB.');
    if (rows.push(row) > most) throw tooMany;
    rest += String(rows.length - 1);
    from = end;
  };
  for (const { at, byte, depth } of marks(bytes)) {
    if (at - turn > SLICE_BYTES) {
      turn = at;
      await nextTurn();
    }
    if (depth !== 2 || (!inList && byte !== OPEN_LIST)) continue;
    if (inList) take(at);
    keep(at + 1);
    inList = byte === OPEN_LIST || byte === COMMA;
  }
  keep(bytes.length);
  return { rest, rows };
}

/** Brackets and commas outside of texts; a bracket is as deep as what it holds. */
function* marks(bytes: Buffer): Generator<{ at: number; byte: number; depth: number }> {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) quoted = !quoted;
    else if (quoted) at += byte === BACKSLASH ? 1 : 0;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) yield { at, byte, depth: (depth += 1) };
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) yield { at, byte, depth: depth-- };
    else if (byte === COMMA) yield { at, byte, depth };
  }
}
