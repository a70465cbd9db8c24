/** Another transaction, or on the embedded database another process, was in the way; what failed was undone. */
const TRANSIENT = /^(ER_LOCK_DEADLOCK|ER_LOCK_WAIT_TIMEOUT|SQLITE_BUSY.*)$/;
const BUSY = /^SQLITE_BUSY(_|$)/;
const UNIQUE = /^(ER_DUP_ENTRY|SQLITE_CONSTRAINT_UNIQUE)$/;

/** Whether another process has the embedded database's lock. */
export function isBusy(error: unknown): boolean {
  return BUSY.test(codeOf(error));
}

/** Whether the same transaction may well succeed a moment later. */
export function isTransient(error: unknown): boolean {
  return TRANSIENT.test(codeOf(error));
}

/** Whether an insert or update broke a unique constraint. */
export function brokenUnique(error: unknown): boolean {
  return UNIQUE.test(codeOf(error));
}

/** The driver's code, of what TypeORM wraps too; empty when there is none. */
function codeOf(error: unknown): string {
  const { code, driverError } = Object(error) as Record<string, unknown>;
  if (driverError !== undefined) return codeOf(driverError);
  return typeof code === 'string' ? code : '';
}
