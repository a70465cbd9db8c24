import { FieldInvalid } from '../../core/errors';
import { type FieldFault } from '../../core/faults';
import { now } from '../../core/time';
import { type CallerId, type Carrier, type CliType } from '../../schema/caller-id.entity';
import { guessKind } from './number-kind';
import { canonicalNumber } from './phone-number';

/** A caller ID to be made. */
export interface NewCallerId {
  /** As PHONE_NUMBER has it. */
  number: string;
  displayName: string | null;
  /** Absent or null: guessed from the number. */
  carrier?: Carrier | null;
  cliType?: CliType | null;
  /** Whether extensions without a caller ID of their own present this one from now on. */
  isDefault?: boolean;
}

/** The row of a new caller ID. */
export function rowOf(owner: { id: number; countryCode: string }, given: NewCallerId): Omit<CallerId, 'id'> {
  const guess = guessKind(given.number, owner.countryCode);
  return {
    tenantId: owner.id,
    number: given.number,
    canonicalNumber: canonicalNumber(given.number, owner.countryCode),
    displayName: given.displayName,
    carrier: given.carrier ?? guess.carrier,
    cliType: given.cliType ?? guess.cliType,
    status: 'active',
    createdAt: now(),
    updatedAt: now(),
  };
}

/**
 * @param taken canonical numbers
 * @throws FieldInvalid naming each number that is taken, or comes a second time, as in `callerIds.3.number`
 */
export function refuseTaken(numbers: readonly string[], taken: ReadonlySet<string>): void {
  const seen = new Set(taken);
  const faults: FieldFault[] = [];
  for (const [place, number] of numbers.entries()) {
    if (seen.has(number)) faults.push({ field: `callerIds.${place}.number`, code: 'taken' });
    seen.add(number);
  }
  if (faults.length > 0) throw new FieldInvalid(...faults);
}
