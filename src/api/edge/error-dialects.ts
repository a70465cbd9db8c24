import { type ApiError, type FieldErrors, FieldInvalid, InvalidData } from '../../core/errors';
import { fieldErrors } from './field-sentences';

/** What a client receives for an error. */
export interface ErrorAnswer {
  status: number;
  body: object;
}

/** How one part of the API answers errors; also those that the edge finds, such as a missing token. */
export type ErrorDialect = (error: ApiError) => ErrorAnswer;

const byPrefix = new Map<string, ErrorDialect>();

/**
 * Has errors below a path answered in a dialect of their own, unknown paths included. A dialect calls it once, where
 * its controllers are declared.
 * @param prefix as in /api/extensions
 */
export function answerErrorsBelow(prefix: string, dialect: ErrorDialect): void {
  byPrefix.set(prefix, dialect);
}

/** The dialect of a path: that of the longest prefix that was declared; else that of /api/pbx. */
export function errorDialectOf(path: string): ErrorDialect {
  const prefixes = [...byPrefix.keys()].filter((prefix) => path === prefix || path.startsWith(`${prefix}/`));
  const [longest = ''] = prefixes.sort((one, other) => other.length - one.length);
  return byPrefix.get(longest) ?? standardErrors;
}

/** The error bodies of /api/pbx, /api/auth and /api/platform. */
export function standardErrors(error: ApiError): { status: number; body: StandardBody } {
  const { status, message } = error;
  if (error instanceof FieldInvalid) return { status, body: { message, errors: fieldErrors(error) } };
  if (error instanceof InvalidData) return { status, body: { message, errors: error.errors } };
  return { status, body: { message } };
}

interface StandardBody {
  message: string;
  errors?: FieldErrors;
}
