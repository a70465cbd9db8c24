import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiResponse } from '@nestjs/swagger';

export class ErrorBody {
  @ApiProperty({ example: 'Resource not found' })
  message!: string;
}

export class InvalidDataBody extends ErrorBody {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string' } },
    example: { display_name: ['The display name may not be greater than 100 characters.'] },
  })
  errors!: Record<string, string[]>;
}

const WHEN = {
  400: 'Not JSON, or not an object.',
  401: 'Token missing, unknown, revoked or expired.',
  403: "The token's role may not do this, or the tenant is disabled.",
  404: 'Not in this account.',
  413: 'The body is larger than 64 KiB (for change-passwords: 256 KiB).',
  422: 'A field is wrong; nothing was changed.',
};

const RETRY_AFTER = { description: 'Seconds.', schema: { type: 'integer' } } as const;

/** Says in the OpenAPI document which errors an endpoint answers with, beside the 503 of every one. */
export function ApiErrors(...statuses: (keyof typeof WHEN)[]): MethodDecorator {
  return applyDecorators(
    ...statuses.map((status) =>
      ApiResponse({ status, description: WHEN[status], type: status === 422 ? InvalidDataBody : ErrorBody }),
    ),
    ApiResponse({
      status: 503,
      description: 'The database is away. Whether a write was done is not known: read before you repeat it.',
      type: ErrorBody,
      headers: { 'Retry-After': RETRY_AFTER },
    }),
  );
}
