/** Sentences by field name, as clients show them to people. */
export type FieldErrors = Record<string, string[]>;

/** An error that a client is told about: `message` is the sentence it reads. */
export abstract class ApiError extends Error {
  abstract readonly status: number;
  abstract readonly code: string;

  body(): { message: string; errors?: FieldErrors } {
    return { message: this.message };
  }
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

export class BodyTooLarge extends ApiError {
  readonly status = 413;
  readonly code = 'body_too_large';

  constructor() {
    super('The request body is too large.');
  }
}

export class InvalidData extends ApiError {
  readonly status = 422;
  readonly code = 'invalid_data';

  constructor(readonly errors: FieldErrors) {
    super('The given data was invalid.');
  }

  static field(name: string, sentence: string): InvalidData {
    return new InvalidData({ [name]: [sentence] });
  }

  override body(): { message: string; errors: FieldErrors } {
    return { message: this.message, errors: this.errors };
  }
}

/** What we depend on is away; the same request may well work later. Of a write it is not known whether it stands. */
export class ServiceUnavailable extends ApiError {
  readonly status = 503;
  readonly code = 'service_unavailable';

  /** @param retryAfterS for the Retry-After header, in seconds */
  constructor(readonly retryAfterS = 5) {
    super(`The service is temporarily unavailable. Try again in ${retryAfterS} seconds.`);
  }
}
