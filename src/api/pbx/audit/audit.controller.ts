import { type Readable } from 'node:stream';
import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  type ApiResponseOptions,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { type AuthContext } from '../../../accounts/auth-context';
import { CurrentAuth } from '../../edge/authentication/current-auth';
import { RequirePermission } from '../../edge/authentication/require-permission';
import { ApiErrors } from '../../edge/api-errors';
import { CSV } from '../../../core/csv';
import { AuditAnswers } from './audit-answers';
import { AUDIT_HEADER } from './audit-csv';
import { AuditPage, ListAuditQuery } from './audit.dto';

const ENTRIES: ApiResponseOptions = {
  description:
    "A page of them; as CSV, in UTF-8 with a byte order mark, all of them, the newest first: what a spreadsheet would take for a formula has a `'` before it.",
  content: {
    'application/json': { schema: { $ref: getSchemaPath(AuditPage) } },
    [CSV]: { schema: { type: 'string', example: AUDIT_HEADER } },
  },
};

@ApiTags('Audit')
@Controller('api/pbx/audit')
export class AuditController {
  constructor(private readonly answers: AuditAnswers) {}

  @RequirePermission('audit.read')
  @Get()
  @ApiOperation({ summary: 'What was done in the account, by whom, and what became of it on FreeSWITCH' })
  @ApiExtraModels(AuditPage)
  @ApiOkResponse(ENTRIES)
  @ApiErrors(401, 403, 422)
  list(
    @CurrentAuth() { tenantId }: AuthContext,
    @Query() query: ListAuditQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuditPage | Readable> {
    return this.answers.answer({ tenantId, query, accept }, reply);
  }
}

@ApiTags('Platform')
@Controller('api/platform/audit')
export class PlatformAuditController {
  constructor(private readonly answers: AuditAnswers) {}

  @RequirePermission('platform')
  @Get()
  @ApiOperation({
    summary: 'Operators and their tokens, and tenants made and deleted: what was done, by whom',
  })
  @ApiExtraModels(AuditPage)
  @ApiOkResponse(ENTRIES)
  @ApiErrors(401, 403, 422)
  list(
    @Query() query: ListAuditQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuditPage | Readable> {
    return this.answers.answer({ tenantId: 0, query, accept }, reply);
  }
}
