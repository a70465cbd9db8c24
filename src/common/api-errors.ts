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
  413: 'The body is larger than 64 KiB.',
  422: 'A field is wrong; nothing was changed.',
};

/** Says in the OpenAPI document which errors an endpoint answers with. */
export function ApiErrors(...statuses: (keyof typeof WHEN)[]): MethodDecorator {
  return applyDecorators(
    ...statuses.map((status) =>
      ApiResponse({ status, description: WHEN[status], type: status === 422 ? InvalidDataBody : ErrorBody }),
    ),
  );
}
