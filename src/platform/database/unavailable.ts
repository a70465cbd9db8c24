/** The database is known to be away; nothing was asked of it. */
export class DatabaseAway extends Error {
  readonly code = 'database_away';

  constructor() {
    super('The database is away.');
  }
}

/** The database, or the wait for a free connection to it, took too long. */
export class DatabaseTooLate extends Error {
  readonly code = 'database_too_late';
}

/** The connection was lost during the commit: what was written may stand, or may not. */
export class OutcomeUnknown extends Error {
  readonly code = 'outcome_unknown';

  constructor(cause: unknown) {
    super('The connection to the database was lost during a commit.', { cause });
  }
}

/** The embedded database's write lock is not to be had. */
export class DatabaseLocked extends Error {
  readonly code = 'database_locked';

  constructor(cause: unknown) {
    super('The write lock of the database was not to be had in time.', { cause });
  }
}

const CODES = new Set([
  ...['database_away', 'database_too_late', 'database_locked', 'outcome_unknown'],
  // The network, as Node says it.
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
  // mysql2, and the server on its way down, in a failover, full, or refusing us.
  ...['PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT', 'ER_SERVER_SHUTDOWN', 'ER_NORMAL_SHUTDOWN'],
  ...['ER_CLIENT_INTERACTION_TIMEOUT', 'ER_CON_COUNT_ERROR', 'ER_TOO_MANY_USER_CONNECTIONS'],
  ...['ER_HOST_IS_BLOCKED', 'ER_ACCESS_DENIED_ERROR', 'ER_QUERY_INTERRUPTED', 'ER_STATEMENT_TIMEOUT'],
  // A node of a cluster that has lost the others says it cannot do anything (ER_UNKNOWN_COM_ERROR).
  ...[
    'ER_UNKNOWN_COM_ERROR',
    'ER_OPTION_PREVENTS_STATEMENT',
    'ER_READ_ONLY_MODE',
    'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  ],
  // What Transactions has tried again, in vain.
  ...['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_DISK_FULL', 'ER_RECORD_FILE_FULL'],
]);
/** libsql: another process holds the file, or the disk fails; with and without what SQLite adds to the name. */
const EMBEDDED = /^SQLITE_(BUSY|LOCKED|PROTOCOL|NOMEM|INTERRUPT|IOERR|CANTOPEN|FULL|READONLY)(_|$)/;
/** What a full or failing disk, a read-only file or server, and a lock that stays say to a change. */
const REFUSING =
  /^(SQLITE_(BUSY|IOERR|CANTOPEN|FULL|READONLY)(_.*)?|database_locked|ER_DISK_FULL|ER_RECORD_FILE_FULL|ER_OPTION_PREVENTS_STATEMENT|ER_READ_ONLY_MODE|ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION)$/;
/** MariaDB's own, to which mysql2 gives no name: ER_CONNECTION_KILLED, as it shuts down. */
const NUMBERS = new Set([1927]);
/** What mysql2, and libsql, say without a code. */
const MESSAGES =
  /^(Can't (add new command|write)\b.* in closed state|Queue limit reached\.|Pool is closed\.|The database connection is not open)/;

/**
 * Whether `error` says that the database cannot be reached or cannot serve at present, so that the same
 * may well work later; not a wrong statement, a broken constraint, or a bug.
 */
export function isUnavailable(error: unknown): boolean {
  const { code, errno, message, driverError } = Object(error) as Record<string, unknown>;
  // TypeORM wraps what the driver said.
  if (driverError !== undefined) return isUnavailable(driverError);
  if (typeof code === 'string' && (CODES.has(code) || EMBEDDED.test(code))) return true;
  if (typeof errno === 'number' && NUMBERS.has(errno)) return true;
  return code === undefined && typeof message === 'string' && MESSAGES.test(message);
}

/** Whether `error` says that the database takes no changes at present, though it may answer what only reads. */
export function refusesChanges(error: unknown): boolean {
  const { code, driverError, cause } = Object(error) as Record<string, unknown>;
  if (driverError !== undefined) return refusesChanges(driverError);
  if (error instanceof OutcomeUnknown) return refusesChanges(cause);
  return typeof code === 'string' && REFUSING.test(code);
}
