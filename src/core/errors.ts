import { type FieldFault } from './faults';

/** Sentences by field name, as clients show them to people. */
export type FieldErrors = Record<string, string[]>;

/** An error that a client is told about: `message` is the sentence it reads. */
export abstract class ApiError extends Error {
  abstract readonly status: number;
  abstract readonly code: string;
  /** For the Retry-After header, in seconds; null: without one. */
  readonly retryAfterS: number | null = null;
}

export class MalformedRequest extends ApiError {
  readonly status = 400;
  readonly code = 'malformed_request';

  constructor(message = 'Malformed request body') {
    super(message);
  }
}

export class Unauthenticated extends ApiError {
  readonly status = 401;
  readonly code = 'unauthenticated';

  constructor() {
    super('Unauthenticated.');
  }
}

export class Unauthorized extends ApiError {
  readonly status = 403;
  readonly code = 'unauthorized';

  constructor() {
    super('This action is unauthorized.');
  }
}

export class NotFound extends ApiError {
  readonly status = 404;
  readonly code = 'not_found';

  constructor() {
    super('Resource not found');
  }
}

/** What is asked for does not go with how things stand, though nothing is wrong with the request itself. */
export class Conflict extends ApiError {
  readonly status = 409;
  readonly code = 'conflict';
}

export class PreconditionFailed extends ApiError {
  readonly status = 412;
  readonly code = 'precondition_failed';

  constructor() {
    super('The resource has changed since it was read.');
  }
}

export class BodyTooLarge extends ApiError {
  readonly status = 413;
  readonly code = 'body_too_large';

  constructor() {
    super('The request body is too large.');
  }
}

const INVALID = 'The given data was invalid.';

/** Values of fields are refused. Services throw this; each dialect names the fields and writes the sentences. */
export class FieldInvalid extends ApiError {
  readonly status = 422;
  readonly code = 'invalid_data';
  readonly faults: readonly FieldFault[];

  constructor(...faults: FieldFault[]) {
    super(INVALID);
    this.faults = faults;
  }
}

/** The same, with field names and sentences that are a dialect's already: its readers of requests throw this. */
export class InvalidData extends ApiError {
  readonly status = 422;
  readonly code = 'invalid_data';

  constructor(readonly errors: FieldErrors) {
    super(INVALID);
  }

  static field(name: string, sentence: string): InvalidData {
    return new InvalidData({ [name]: [sentence] });
  }
}

/** Does all in turn, and throws what was wrong with the data together: people correct a form in one go. @throws FieldInvalid */
export async function together(...steps: (() => Promise<void> | void)[]): Promise<void> {
  const faults: FieldFault[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof FieldInvalid)) throw error;
      faults.push(...error.faults);
    }
  }
  if (faults.length > 0) throw new FieldInvalid(...faults);
}

export class TooManyRequests extends ApiError {
  readonly status = 429;
  readonly code = 'too_many_requests';

  constructor(override readonly retryAfterS: number) {
    super(`Too many requests. Retry after ${retryAfterS} seconds.`);
  }
}

/** What we depend on is away; the same request may well work later. Of a write it is not known whether it stands. */
export class ServiceUnavailable extends ApiError {
  readonly status = 503;
  readonly code = 'service_unavailable';

  constructor(override readonly retryAfterS = 5) {
    super(`The service is temporarily unavailable. Try again in ${retryAfterS} seconds.`);
  }
}

/** Something that is our fault; its cause is logged and not sent. */
export class ServerError extends ApiError {
  readonly status = 500;
  readonly code = 'server_error';

  constructor() {
    super('Server error');
  }
}
