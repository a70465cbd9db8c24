import { type FieldErrors, InvalidData } from '../../../core/errors';
import { type FieldFault } from '../../../core/faults';
import { type NewExtension } from '../../../pbx/extensions/extension-fields';
import { type Checked, type ImportRow, type RowPatch } from '../../../pbx/imports/import-row';
import { nullableFields } from '../../edge/field';
import { sentenceOf, wireName } from '../../edge/field-sentences';
import { readFields } from '../../edge/fields.pipe';
import { extensionPatchOf, newExtensionOf, WIRE_NAMES } from '../extensions/extension-input.mapper';
import { CreatingRowDto, UpdatingRowDto } from './import-row.dto';

type Dto = typeof CreatingRowDto | typeof UpdatingRowDto;

/** A row of CSV or JSON, with the fields and sentences of /api/pbx/extensions. Its fields are checked once, also those of a range. */
export class PbxRow implements ImportRow {
  readonly given: ImportRow['given'];
  private created: Checked<NewExtension> | undefined;
  private changed: Checked<RowPatch> | undefined;

  /** @param wrong what is wrong with the row as a whole, or null */
  constructor(
    readonly line: number,
    private readonly sent: Record<string, unknown>,
    private readonly from: 'csv' | 'json',
    private readonly wrong: string | null = null,
  ) {
    const fields = Object.entries(WIRE_NAMES).filter(([, name]) => Object.hasOwn(sent, name));
    this.given = Object.fromEntries(fields.map(([field, name]) => [field, sent[name]]));
  }

  asNew(number: string | null): Checked<NewExtension> {
    return (this.created ??= this.read(CreatingRowDto, number, newExtensionOf));
  }

  asPatch(number: string | null): Checked<RowPatch> {
    return (this.changed ??= this.read(UpdatingRowDto, number, (row) => ({
      ...extensionPatchOf(row),
      sipPassword: row.sip_password,
    })));
  }

  describe(fault: FieldFault): { field: string; sentence: string } {
    return { field: wireName(fault.field), sentence: sentenceOf(fault) };
  }

  private read<T extends object, R>(
    dto: Dto & (new () => T),
    number: string | null,
    map: (row: T) => R,
  ): Checked<R> {
    const errors: FieldErrors = {};
    let row: T | null = null;
    try {
      row = readFields<T>(dto, this.present(dto, number));
    } catch (error) {
      if (!(error instanceof InvalidData)) throw error;
      Object.assign(errors, error.errors);
    }
    if (this.wrong !== null) errors.row = [this.wrong];
    return row && Object.keys(errors).length === 0
      ? { given: map(row), errors: null }
      : { given: null, errors };
  }

  /** An empty cell, or null in JSON, counts as absent where the field may not be null. */
  private present(dto: Dto, number: string | null): Record<string, unknown> {
    const nothing = this.from === 'csv' ? '' : null;
    const fields = Object.entries(this.sent).filter(
      ([field, value]) => value !== nothing || field === 'extension_number' || nullableFields(dto).has(field),
    );
    return { ...Object.fromEntries(fields), ...(number !== null && { extension_number: number }) };
  }
}
