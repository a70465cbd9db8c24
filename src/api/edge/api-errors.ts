import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiResponse } from '@nestjs/swagger';
import {
  type ApiError,
  BodyTooLarge,
  Conflict,
  InvalidData,
  MalformedRequest,
  NotFound,
  PreconditionFailed,
  ServiceUnavailable,
  Unauthenticated,
  Unauthorized,
} from '../../core/errors';
import { standardErrors } from './error-dialects';

const WRONG = { display_name: ['The display name may not be greater than 100 characters.'] };

export class ErrorBody {
  @ApiProperty({ example: 'Resource not found' })
  message!: string;
}

export class InvalidDataBody extends ErrorBody {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string' } },
    example: WRONG,
  })
  errors!: Record<string, string[]>;
}

const WHEN = {
  400: ['Not JSON, or not an object.', new MalformedRequest()],
  401: ['Token missing, unknown, revoked or expired.', new Unauthenticated()],
  403: ["The token's role may not do this, or the tenant is disabled.", new Unauthorized()],
  404: ['Not in this account.', new NotFound()],
  409: [
    'Conflicts with the current state; nothing was changed.',
    new Conflict('The caller ID is used by 3 extensions.'),
  ],
  412: ['The resource has changed since If-Match; nothing was changed.', new PreconditionFailed()],
  413: [
    'The body is larger than 64 KiB (change-passwords: 256 KiB, caller-ids/import: 512 KiB, extensions/import: CSV 12 MiB, JSON 4 MiB).',
    new BodyTooLarge(),
  ],
  422: ['A field is wrong; nothing was changed.', new InvalidData(WRONG)],
} satisfies Record<number, [string, ApiError]>;

const AWAY = 'The database is away. Whether a write was done is not known: read before you repeat it.';
const RETRY_AFTER = { description: 'Seconds.', schema: { type: 'integer', example: 5 } } as const;

/** Says in the OpenAPI document which errors an endpoint answers with, beside the 503 of every one. */
export function ApiErrors(...statuses: (keyof typeof WHEN)[]): MethodDecorator {
  return applyDecorators(
    ...statuses.map((status) => {
      const [description, error] = WHEN[status];
      const type = status === 422 ? InvalidDataBody : ErrorBody;
      return ApiResponse({ status, description, type, example: standardErrors(error).body });
    }),
    ApiResponse({
      status: 503,
      description: AWAY,
      type: ErrorBody,
      example: standardErrors(new ServiceUnavailable()).body,
      headers: { 'Retry-After': RETRY_AFTER },
    }),
  );
}
