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
    "A page of entries; as CSV, in UTF-8 with a byte order mark, all entries, newest first. A cell that a spreadsheet would take for a formula starts with `'`.",
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
  @ApiOperation({
    summary: 'List what was changed in the account, by whom, and what FreeSWITCH nodes did about it',
  })
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
    summary: 'List what was changed in the platform: operators, their tokens, tenants created and deleted',
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
