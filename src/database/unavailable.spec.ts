import { QueryFailedError } from 'typeorm';
import { DatabaseAway, DatabaseTooLate, isUnavailable, OutcomeUnknown } from './unavailable';

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
