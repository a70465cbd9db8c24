import { QueryFailedError } from 'typeorm';
import { brokenUnique, isBusy, isTransient } from './codes';
import {
  DatabaseAway,
  DatabaseLocked,
  DatabaseTooLate,
  isUnavailable,
  OutcomeUnknown,
  refusesChanges,
} from './unavailable';

const failed = (fields: object): Error => Object.assign(new Error('x'), fields);

it.each([
  failed({ code: 'ECONNREFUSED' }),
  failed({ code: 'PROTOCOL_CONNECTION_LOST', fatal: true }),
  failed({ code: 'ER_SERVER_SHUTDOWN', errno: 1053 }),
  failed({ code: undefined, errno: 1927 }),
  failed({ code: 'SQLITE_BUSY' }),
  failed({ code: 'SQLITE_IOERR_READ' }),
  new Error("Can't add new command when connection is in closed state"),
  new Error('Queue limit reached.'),
  new DatabaseAway(),
  new DatabaseTooLate('late'),
  new DatabaseLocked('x'),
  failed({ code: 'ER_UNKNOWN_COM_ERROR', errno: 1047 }),
  failed({ code: 'SQLITE_NOMEM' }),
  new TypeError('The database connection is not open'),
  new OutcomeUnknown(new Error('x')),
  new QueryFailedError('SELECT 1', [], failed({ code: 'ECONNRESET' })),
])('%p may work later', (error) => expect(isUnavailable(error)).toBe(true));

it.each([
  failed({ code: 'ER_NO_SUCH_TABLE', errno: 1146 }),
  failed({ code: 'ER_DUP_ENTRY', errno: 1062 }),
  failed({ code: 'SQLITE_CONSTRAINT_UNIQUE' }),
  failed({ code: 'SQLITE_ERROR' }),
  new QueryFailedError('SELEC', [], failed({ code: 'ER_PARSE_ERROR' })),
  new TypeError('Queue is not a function'),
  'a string',
  null,
  undefined,
])('%p will not', (error) => expect(isUnavailable(error)).toBe(false));

describe('a database that accepts no changes', () => {
  const wrapped = (code: string): Error => new QueryFailedError('UPDATE x', [], failed({ code }));

  it.each([
    failed({ code: 'SQLITE_FULL' }),
    new OutcomeUnknown(wrapped('SQLITE_IOERR_FSYNC')),
    new DatabaseLocked(wrapped('SQLITE_BUSY')),
    wrapped('SQLITE_READONLY_DBMOVED'),
    wrapped('ER_DISK_FULL'),
    wrapped('ER_OPTION_PREVENTS_STATEMENT'),
  ])('is what %p says', (error) => expect(refusesChanges(error)).toBe(true));

  it.each([
    new DatabaseAway(),
    new OutcomeUnknown(failed({ code: 'ECONNRESET' })),
    wrapped('SQLITE_CONSTRAINT_UNIQUE'),
    wrapped('ER_LOCK_DEADLOCK'),
    null,
  ])('is not what %p says', (error) => expect(refusesChanges(error)).toBe(false));

  it('is one thing, and others are what is tried again, a lock, and a value that is taken', () => {
    const codes = ['ER_LOCK_DEADLOCK', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_CONSTRAINT_UNIQUE', 'ER_DUP_ENTRY'];
    const said = codes.map((code) => [isTransient, isBusy, brokenUnique].map((is) => is(wrapped(code))));
    expect(said).toEqual([
      [true, false, false],
      [true, true, false],
      [false, false, true],
      [false, false, true],
    ]);
  });
});
