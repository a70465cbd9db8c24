import { canonicalNumber, PHONE_NUMBER } from '../caller-ids/phone-number';
import { type FieldErrors } from '../../core/errors';
import { type FieldFault } from '../../core/faults';
import { mayUseTeam, canSee, type ScopedCaller } from '../../accounts/scope/extension-scope';
import { type Extension } from '../../schema/extension.entity';
import { weaknessOf } from '../../platform/secrets/weak-password';
import { type ImportAction } from '../../schema/import-job.entity';
import { type NewExtension } from '../extensions/extension-fields';
import { type Candidate, type ImportRow, type RowPatch } from './import-row';

/** What a row is checked against, beside its fields' own rules. */
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

/** What is wrong with a row, in the words of the import's dialect. */
export interface RowErrors {
  line: number;
  /** As it was sent, if it was a text. */
  number: string | null;
  errors: FieldErrors;
}

/** What is to become of a candidate. */
export type RowResult =
  | { kind: 'refuse'; refusal: RowErrors }
  | { kind: 'create'; number: string; given: NewExtension }
  | { kind: 'update'; extension: Extension; given: RowPatch };

const LONGEST_NUMBER_SHOWN = 50;

/** Applies every rule of a single create and update to rows, with the same sentences. */
export class RowValidator {
  constructor(
    private readonly viewer: ScopedCaller,
    private readonly action: ImportAction,
  ) {}

  /** @param room for how many more extensions the tenant has room */
  validate(candidate: Candidate, refs: References, room: number): RowResult {
    const { row, number } = candidate;
    const found = number === null ? undefined : refs.live.get(number);
    const mine = found && canSee(this.viewer, found) ? found : undefined;
    const creates = this.action === 'create' || (this.action === 'upsert' && !mine);
    const checked = creates ? row.asNew(number) : row.asPatch(number);
    const errors: FieldErrors = { ...checked.errors };
    const add = (fault: FieldFault | null): void => {
      if (fault === null) return;
      const { field, sentence } = row.describe(fault);
      errors[field] ??= [sentence];
    };
    add(numberFault(candidate, creates ? refs.emergencyNumbers : null, found, mine));
    add(this.teamFault(row, refs, mine, creates));
    add(callerIdFault(row, refs, mine));
    add(passwordFault(candidate, refs));
    if (isEmpty(errors) && creates && room <= 0) add(quotaFault(refs));
    if (number !== null && checked.given && isEmpty(errors)) {
      const given = { ...checked.given, extensionNumber: number };
      if (creates) return { kind: 'create', number, given: given };
      if (mine) return { kind: 'update', extension: mine, given: given as RowPatch };
    }
    return { kind: 'refuse', refusal: { line: row.line, number: shown(candidate), errors } };
  }

  /** A team that an extension is in already is right. */
  private teamFault(
    { given }: ImportRow,
    { teams }: References,
    mine: Extension | undefined,
    creates: boolean,
  ): FieldFault | null {
    const sent = given.teamId === '' ? null : given.teamId;
    const id = sent === undefined && creates ? null : sent;
    if ((typeof id !== 'number' && id !== null) || (mine && id === mine.teamId)) return null;
    const right = mayUseTeam(this.viewer, id) && (id === null || teams.has(id));
    return right ? null : { field: 'teamId', code: 'not_found' };
  }
}

const isEmpty = (errors: FieldErrors): boolean => Object.keys(errors).length === 0;

/** @param never what no new extension may be; null: none is created */
function numberFault(
  { number, repeated }: Candidate,
  never: readonly string[] | null,
  found: Extension | undefined,
  mine: Extension | undefined,
): FieldFault | null {
  const field = 'extensionNumber';
  if (number === null) return null;
  if (repeated) return { field, code: 'duplicate' };
  if (never?.includes(number)) return { field, code: 'emergency_number' };
  if (never) return found ? { field, code: 'taken' } : null;
  return mine ? null : { field, code: 'not_found' };
}

/** One that an extension has already is right, whatever became of it since. */
function callerIdFault(
  { given }: ImportRow,
  { callerIds, countryCode }: References,
  mine: Extension | undefined,
): FieldFault | null {
  const sent = given.outboundCallerId;
  if (typeof sent !== 'string' || sent === '' || sent === mine?.outboundCallerIdAsSent) return null;
  const known = PHONE_NUMBER.test(sent) && callerIds.has(canonicalNumber(sent, countryCode));
  return known ? null : { field: 'outboundCallerId', code: 'not_found' };
}

function passwordFault({ row, number }: Candidate, { refuseWeakPasswords }: References): FieldFault | null {
  const sent = row.given.sipPassword;
  if (!refuseWeakPasswords || typeof sent !== 'string' || sent === '') return null;
  const owner = 'extension number';
  const weakness = weaknessOf(sent, { name: owner, value: number ?? '' });
  return weakness && { field: 'sipPassword', code: 'weak_password', weakness, owner };
}

function quotaFault({ maxExtensions }: References): FieldFault {
  return { field: 'extensionNumber', code: 'quota_reached', max: maxExtensions ?? 0 };
}

function shown({ row, number }: Candidate): string | null {
  const sent = row.given.extensionNumber;
  return number ?? (typeof sent === 'string' ? sent.slice(0, LONGEST_NUMBER_SHOWN) : null);
}
