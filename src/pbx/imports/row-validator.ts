import { canonicalNumber, PHONE_NUMBER } from '../caller-ids/phone-number';
import { type FieldErrors, InvalidData } from '../../core/errors';
import { nullableFields } from '../../api/edge/field';
import { readFields } from '../../api/edge/fields.pipe';
import { mayUseTeam, canSee, type ScopedCaller } from '../../accounts/scope/extension-scope';
import { IS_EMERGENCY } from '../../core/extension-number';
import { type Extension } from '../../schema/extension.entity';
import { weakness } from '../../platform/secrets/weak-password';
import { type ImportAction } from '../../schema/import-job.entity';
import { CreatingRowDto, UpdatingRowDto } from '../../api/pbx/imports/import-row.dto';
import { type Candidate, type ImportRow } from '../../api/pbx/imports/row-parser';

/** What a row is held to, beside its fields' rules. */
export interface References {
  /** The tenant's live extensions by number, those out of the account's scope included. */
  live: ReadonlyMap<string, Extension>;
  teams: ReadonlySet<number>;
  /** Ids of active caller IDs by canonical number. */
  callerIds: ReadonlyMap<string, number>;
  countryCode: string;
  emergencyNumbers: readonly string[];
  maxExtensions: number | null;
  refuseWeakPasswords: boolean;
}

export interface RowErrors {
  line: number;
  /** As it was sent, if it was a text. */
  extension_number: string | null;
  errors: FieldErrors;
}

/** What is to become of a candidate. */
export type RowResult =
  | { kind: 'refuse'; told: RowErrors }
  | { kind: 'create'; number: string; given: CreatingRowDto }
  | { kind: 'update'; extension: Extension; given: UpdatingRowDto };

type Dto = typeof CreatingRowDto | typeof UpdatingRowDto;
type Checked = { given: object; errors: null } | { given: null; errors: FieldErrors };

const LONGEST_NUMBER_TOLD = 50;

/** Holds rows to all that the single create and update hold them to, with the same sentences. */
export class RowValidator {
  /** A range's fields are checked once. */
  private readonly checked = new Map<Dto, WeakMap<ImportRow, Checked>>([
    [CreatingRowDto, new WeakMap()],
    [UpdatingRowDto, new WeakMap()],
  ]);

  constructor(
    private readonly viewer: ScopedCaller,
    private readonly action: ImportAction,
  ) {}

  /** @param room for how many more extensions the tenant has room */
  validate(candidate: Candidate, around: References, room: number): RowResult {
    const { row, number } = candidate;
    const found = number === null ? undefined : around.live.get(number);
    const mine = found && canSee(this.viewer, found) ? found : undefined;
    const creates = this.action === 'create' || (this.action === 'upsert' && !mine);
    const checked = this.check(creates ? CreatingRowDto : UpdatingRowDto, row, number);
    const errors: FieldErrors = { ...checked.errors, ...(row.wrong !== null && { row: [row.wrong] }) };
    const add = (field: string, sentence: string | null): void => {
      if (sentence !== null) errors[field] ??= [sentence];
    };
    add('extension_number', numberError(candidate, creates ? around.emergencyNumbers : null, found, mine));
    add('team_id', this.teamError(row, around, mine, creates));
    add('outbound_caller_id', callerIdError(row, around, mine));
    add('sip_password', passwordError(candidate, around));
    const clean = Object.keys(errors).length === 0;
    if (clean && creates && room <= 0) add('extension_number', tooMany(around));
    if (number !== null && checked.given && Object.keys(errors).length === 0) {
      const given = { ...checked.given, extension_number: number };
      if (creates) return { kind: 'create', number, given: given };
      if (mine) return { kind: 'update', extension: mine, given: given as UpdatingRowDto };
    }
    return { kind: 'refuse', told: { line: row.line, extension_number: shown(candidate), errors } };
  }

  private check(dto: Dto, row: ImportRow, number: string | null): Checked {
    const known = this.checked.get(dto)?.get(row);
    if (known) return known;
    const nothing = row.fromCsv ? '' : null;
    const fields = Object.entries(row.given).filter(
      ([field, value]) => value !== nothing || field === 'extension_number' || nullableFields(dto).has(field),
    );
    const given = { ...Object.fromEntries(fields), ...(number !== null && { extension_number: number }) };
    const checked = checkFields(dto, given);
    this.checked.get(dto)?.set(row, checked);
    return checked;
  }

  /** A team that an extension is in already is right. */
  private teamError(
    { given }: ImportRow,
    { teams }: References,
    mine: Extension | undefined,
    creates: boolean,
  ): string | null {
    const sent = given.team_id === '' ? null : given.team_id;
    const id = sent === undefined && creates ? null : sent;
    if ((typeof id !== 'number' && id !== null) || (mine && id === mine.teamId)) return null;
    const right = mayUseTeam(this.viewer, id) && (id === null || teams.has(id));
    return right ? null : 'The selected team id is invalid.';
  }
}

function checkFields(dto: Dto, given: Record<string, unknown>): Checked {
  try {
    return { given: readFields<object>(dto, given), errors: null };
  } catch (error) {
    if (error instanceof InvalidData) return { given: null, errors: error.errors };
    throw error;
  }
}

/** @param never what none that is made may be; null: it is not to be made */
function numberError(
  { number, repeated }: Candidate,
  never: readonly string[] | null,
  found: Extension | undefined,
  mine: Extension | undefined,
): string | null {
  if (number === null) return null;
  if (repeated) return 'The extension number field has a duplicate value.';
  if (never?.includes(number)) return IS_EMERGENCY;
  if (never) return found ? 'The extension number has already been taken.' : null;
  return mine ? null : 'The selected extension number is invalid.';
}

/** One that an extension has already is right, whatever became of it since. */
function callerIdError(
  { given }: ImportRow,
  { callerIds, countryCode }: References,
  mine: Extension | undefined,
): string | null {
  const sent = given.outbound_caller_id;
  if (typeof sent !== 'string' || sent === '' || sent === mine?.outboundCallerIdAsSent) return null;
  const known = PHONE_NUMBER.test(sent) && callerIds.has(canonicalNumber(sent, countryCode));
  return known ? null : 'The selected outbound caller id is invalid.';
}

function passwordError({ row, number }: Candidate, { refuseWeakPasswords }: References): string | null {
  const sent = row.given.sip_password;
  if (!refuseWeakPasswords || typeof sent !== 'string' || sent === '') return null;
  return weakness('sip password', sent, { name: 'extension number', value: number ?? '' });
}

function tooMany({ maxExtensions }: References): string {
  return `The account may not have more than ${maxExtensions} extensions.`;
}

function shown({ row, number }: Candidate): string | null {
  const sent = row.given.extension_number;
  return number ?? (typeof sent === 'string' ? sent.slice(0, LONGEST_NUMBER_TOLD) : null);
}
