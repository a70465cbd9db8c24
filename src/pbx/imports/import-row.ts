import { FieldInvalid, type FieldErrors } from '../../core/errors';
import { type FieldFault } from '../../core/faults';
import { type ExtensionField } from '../../schema/extension-fields';
import { type ExtensionPatch, type NewExtension } from '../extensions/extension-fields';

/** How many extensions one import may hold. */
export const MAX_IMPORT_ROWS = 10_000;

/** A row's number, as in extension-number.ts, or `1000-1199` for all from the one to the other. */
export const NUMBERS = /^([0-9]{3,10})(?:-([0-9]{3,10}))?$/;

/** A change of an extension by a row; a password is a rotation, and null leaves it as it is. */
export type RowPatch = ExtensionPatch & { sipPassword?: string | null | undefined };

/** A row's values, or what is wrong with each field by itself. */
export type Checked<T> = { given: T; errors: null } | { given: null; errors: FieldErrors };

/** A row as a dialect of the API has read it; it names fields and writes sentences in that dialect. */
export interface ImportRow {
  /** In the file, whose header is on line 1; of JSON the place in the list, from 1. */
  readonly line: number;
  /** Values as they were sent, those of CSV converted. */
  readonly given: Readonly<Partial<Record<ExtensionField, unknown>>>;
  /** As the row of a new extension. @param number of a range the one it is read for; null: none that can be one */
  asNew(number: string | null): Checked<NewExtension>;
  /** As the row of a change. */
  asPatch(number: string | null): Checked<RowPatch>;
  describe(fault: FieldFault): { field: string; sentence: string };
}

/** One extension of a row; a range is one for each number. */
export interface Candidate {
  row: ImportRow;
  /** Null when the row has none that can be one. */
  number: string | null;
  /** Whether an earlier one has the same number. */
  repeated: boolean;
}

/** @throws FieldInvalid when there are too many */
export function candidatesOf(rows: readonly ImportRow[]): Candidate[] {
  const ranges = rows.map((row) => rangeOf(row.given.extensionNumber));
  if (ranges.reduce((sum, { count }) => sum + count, 0) > MAX_IMPORT_ROWS) {
    throw new FieldInvalid({ field: 'rows', code: 'too_many_rows', max: MAX_IMPORT_ROWS });
  }
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

function rangeOf(given: unknown): { first: string | null; count: number } {
  const [, first = '', last = first] = (typeof given === 'string' && NUMBERS.exec(given)) || [];
  const count = Number(last) - Number(first) + 1;
  const areSome = first !== '' && first.length === last.length && count > 0;
  return areSome ? { first, count } : { first: null, count: 1 };
}
