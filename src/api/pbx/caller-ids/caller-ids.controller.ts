import { Body, Controller, Delete, Get, Headers, Param, Post, Put, Query, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { type AuthContext } from '../../../accounts/auth-context';
import { CurrentAuth } from '../../edge/authentication/current-auth';
import { RequirePermission } from '../../edge/authentication/require-permission';
import { ApiErrors } from '../../edge/api-errors';
import { CSV, UNSHIELDED } from '../../../core/csv';
import { etagOf } from '../../../core/etag';
import { page, rowsOf } from '../../edge/page';
import { DeletedAnswer } from '../../edge/deleted.dto';
import {
  CreateCallerIdDto,
  ImportCallerIdsDto,
  callerIdPatch,
  ListCallerIdsQuery,
  newCallerId,
  UpdateCallerIdDto,
} from './caller-id-input.dto';
import {
  CallerIdAnswer,
  CallerIdPage,
  ImportedAnswer,
  mapCallerId,
  mapKnownCallerId,
} from './caller-ids.dto';
import {
  callerIdFields,
  CallerIdsService,
  type KnownCallerId,
  type CallerIdOwner,
} from '../../../pbx/caller-ids/caller-ids.service';
import { readCallerIdImport } from './caller-id-import';

const NUMBER = { name: 'number', description: 'In any form.', example: '84900000020' };

const IMPORT: NonNullable<Parameters<typeof ApiOperation>[0]['requestBody']> = {
  required: true,
  description: `CSV in UTF-8 whose first line names the fields (others are refused, 422), with \`,\` or \`;\` between cells, or JSON. ${UNSHIELDED}`,
  content: {
    [CSV]: {
      schema: { type: 'string', example: 'number,display_name,is_default\r\n0900000020,Sales,true\r\n' },
    },
    'application/json': { schema: { $ref: getSchemaPath(ImportCallerIdsDto) } },
  },
};

@ApiTags('Caller IDs')
@Controller('api/pbx/caller-ids')
export class CallerIdsController {
  constructor(private readonly callerIds: CallerIdsService) {}

  @RequirePermission('numbers.read')
  @Get()
  @ApiOperation({ summary: 'List caller IDs, by default the active ones' })
  @ApiOkResponse({ type: CallerIdPage })
  @ApiErrors(401, 403, 422)
  async list(@CurrentAuth() account: AuthContext, @Query() query: ListCallerIdsQuery): Promise<CallerIdPage> {
    const [callerIds, total] = await this.callerIds.list(ownerOf(account), query, rowsOf(query));
    return page(query, callerIds.map(mapCallerId), total);
  }

  @RequirePermission('numbers.manage')
  @Post()
  @ApiOperation({ summary: 'Create a caller ID; carrier and type are guessed if absent' })
  @ApiCreatedResponse({ type: CallerIdAnswer })
  @ApiErrors(400, 401, 403, 413, 422)
  async create(
    @CurrentAuth() account: AuthContext,
    @Body() given: CreateCallerIdDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CallerIdAnswer> {
    const callerId = await this.callerIds.create(ownerOf(account), newCallerId(given), account.actor);
    return answer({ callerId, isDefault: given.is_default ?? false }, reply);
  }

  @RequirePermission('numbers.manage')
  @Post('import')
  @ApiOperation({
    summary: 'Import up to 1,000 caller IDs, all or none',
    description: 'In errors the first row has the number 0.',
    requestBody: IMPORT,
  })
  @ApiExtraModels(ImportCallerIdsDto)
  @ApiCreatedResponse({ type: ImportedAnswer })
  @ApiErrors(400, 401, 403, 413, 422)
  async import(@CurrentAuth() account: AuthContext, @Body() body: unknown): Promise<ImportedAnswer> {
    const given = await readCallerIdImport(body, account.countryCode);
    await this.callerIds.import(ownerOf(account), given, account.actor);
    return { data: { created: given.length } };
  }

  @RequirePermission('numbers.read')
  @Get(':number')
  @ApiOperation({ summary: 'Get a caller ID, active or inactive' })
  @ApiParam(NUMBER)
  @ApiOkResponse({ type: CallerIdAnswer })
  @ApiErrors(401, 403, 404)
  async detail(
    @CurrentAuth() account: AuthContext,
    @Param('number') number: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CallerIdAnswer> {
    return answer(await this.callerIds.detail(ownerOf(account), number), reply);
  }

  @RequirePermission('numbers.manage')
  @Put(':number')
  @ApiOperation({ summary: 'Update a caller ID; an inactive one is no longer presented' })
  @ApiParam(NUMBER)
  @ApiOkResponse({ type: CallerIdAnswer })
  @ApiErrors(400, 401, 403, 404, 412, 413, 422)
  async update(
    @CurrentAuth() account: AuthContext,
    @Param('number') number: string,
    @Body() given: UpdateCallerIdDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CallerIdAnswer> {
    const owner = ownerOf(account);
    return answer(
      await this.callerIds.update(owner, number, callerIdPatch(given), account.actor, ifMatch),
      reply,
    );
  }

  @RequirePermission('numbers.manage')
  @Delete(':number')
  @ApiOperation({ summary: 'Delete a caller ID that no extension uses' })
  @ApiParam(NUMBER)
  @ApiOkResponse({ type: DeletedAnswer })
  @ApiErrors(401, 403, 404, 409, 412)
  async delete(
    @CurrentAuth() account: AuthContext,
    @Param('number') number: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<DeletedAnswer> {
    await this.callerIds.delete(ownerOf(account), number, account.actor, ifMatch);
    return { data: { deleted: true } };
  }
}

function ownerOf({ tenantId: id, domain, countryCode }: AuthContext): CallerIdOwner {
  return { id, domain, countryCode };
}

function answer(known: KnownCallerId, reply: FastifyReply): CallerIdAnswer {
  void reply.header('ETag', etagOf(callerIdFields(known)));
  return { data: mapKnownCallerId(known) };
}
