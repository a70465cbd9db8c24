import { Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type AuthContext } from '../../../accounts/auth-context';
import { CurrentAuth } from '../../edge/authentication/current-auth';
import { RequirePermission } from '../../edge/authentication/require-permission';
import { ApiErrors } from '../../edge/api-errors';
import { CSV, csvLines, UNSHIELDED } from '../../../core/csv';
import { page, PageQuery, rowsOf } from '../../edge/page';
import { CreatingRowDto } from './import-row.dto';
import { ImportStreams } from './import-streams.service';
import {
  ImportAnswer,
  ImportDto,
  ImportPage,
  ImportQuery,
  importRequestOf,
  mapImport,
  mapImportDetail,
} from './imports.dto';
import { parseRows } from './row-parser';
import { ImportsService } from '../../../pbx/imports/imports.service';

const EVENTS = 'text/event-stream';
const STREAM_HEAD = {
  'Content-Type': `${EVENTS}; charset=utf-8`,
  'Cache-Control': 'no-store',
  // nginx hands each frame on as it comes.
  'X-Accel-Buffering': 'no',
};
const PASSWORDS_HEADER = csvLines([['extension_number', 'sip_password']]);
const PASSWORDS_HEAD = {
  'Content-Type': `${CSV}; charset=utf-8`,
  'Content-Disposition': 'attachment; filename="passwords.csv"',
  'Cache-Control': 'no-store',
};

const ROWS = [
  'CSV in UTF-8 with a header line, `,` or `;` between cells, or JSON `{"rows": [{…}]}`; at most 10,000',
  'extensions, and 12 MiB of CSV or 4 MiB of JSON. Columns: those of POST /api/pbx/extensions, and `status`; any',
  'other is refused (422). `1000-1199` as a number stands for a row each. An empty cell, or null in JSON, means absent',
  'when creating; when updating it means null, or unchanged if the field cannot be null. Blank lines of CSV are skipped.',
  UNSHIELDED,
  'When updating, `sip_password` is a rotation.',
].join(' ');
const BODY: NonNullable<Parameters<typeof ApiOperation>[0]['requestBody']> = {
  required: true,
  description: ROWS,
  content: {
    [CSV]: {
      schema: { type: 'string', example: 'extension_number,display_name\r\n1000-1199,Sales\r\n' },
    },
    'application/json': {
      schema: {
        type: 'object',
        required: ['rows'],
        properties: { rows: { type: 'array', items: { $ref: getSchemaPath(CreatingRowDto) } } },
      },
    },
  },
};
const FRAMES = [
  'JSON as `data`: `progress` (ImportDto), first and at each step; `done` (ImportDto), last, when it is done or has',
  'failed. A comment is sent every 15 s.',
].join(' ');

const FRAME = [
  'event: progress',
  'data: {"id":12,"status":"running","action":"create","mode":"all_or_nothing","dry_run":false,"total":200,' +
    '"processed":100,"percent":70,"created":0,"updated":0,"unchanged":0,"failed":0,"passwords_available":false,' +
    '"message":null,"created_at":"2026-04-06T12:19:13+00:00","finished_at":null}',
  '',
  '',
].join('\n');

@ApiTags('Extensions')
@Controller('api/pbx/extensions')
export class ImportsController {
  constructor(
    private readonly imports: ImportsService,
    private readonly streams: ImportStreams,
  ) {}

  @RequirePermission('extensions.manage')
  @Post('import')
  @HttpCode(202)
  @ApiExtraModels(CreatingRowDto)
  @ApiOperation({ summary: 'Import extensions: create or update many as a job', requestBody: BODY })
  @ApiAcceptedResponse({
    type: ImportAnswer,
    headers: { Location: { description: 'The URL of the import.', schema: { type: 'string' } } },
  })
  @ApiErrors(400, 401, 403, 409, 413, 422)
  async start(
    @CurrentAuth() account: AuthContext,
    @Query() query: ImportQuery,
    @Req() { body }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportAnswer> {
    const started = await this.imports.start(account, importRequestOf(query), () => parseRows(body));
    const data = mapImportDetail(started);
    void reply.header('Location', `/api/pbx/extensions/imports/${data.id}`);
    return { data };
  }

  @RequirePermission('extensions.manage')
  @Get('imports')
  @ApiOperation({ summary: 'List the imports of the last 7 days, newest first' })
  @ApiOkResponse({ type: ImportPage })
  @ApiErrors(401, 403, 422)
  async list(@CurrentAuth() account: AuthContext, @Query() query: PageQuery): Promise<ImportPage> {
    const [jobs, total] = await this.imports.list(account, rowsOf(query));
    return page(query, jobs.map(mapImport), total);
  }

  @RequirePermission('extensions.manage')
  @Get('imports/:id')
  @ApiOperation({ summary: 'Get an import: its progress, and every row with errors' })
  @ApiOkResponse({ type: ImportAnswer })
  @ApiErrors(401, 403, 404)
  async detail(@CurrentAuth() account: AuthContext, @Param('id') id: string): Promise<ImportAnswer> {
    return { data: mapImportDetail(await this.imports.detail(account, id)) };
  }

  @RequirePermission('extensions.manage')
  @Get('imports/:id/events')
  @ApiOperation({ summary: 'Stream the progress of an import as server-sent events' })
  @ApiExtraModels(ImportDto)
  @ApiOkResponse({
    description: FRAMES,
    content: { [EVENTS]: { schema: { type: 'string', example: FRAME } } },
  })
  @ApiErrors(401, 403, 404)
  async events(
    @CurrentAuth() account: AuthContext,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const job = await this.imports.find(account, id);
    if (request.method === 'HEAD') return void reply.headers(STREAM_HEAD).send();
    this.streams.open(account, job, reply.raw, () => {
      reply.hijack();
      const headers = reply.headers(STREAM_HEAD).getHeaders() as Record<string, string>;
      reply.raw.writeHead(200, { ...headers, Connection: 'close' });
    });
  }

  @RequirePermission('extensions.manage')
  @Get('imports/:id/passwords')
  @ApiOperation({ summary: 'Fetch the SIP passwords that an import generated; once, within 24 hours' })
  @ApiOkResponse({
    content: {
      [CSV]: { schema: { type: 'string', example: 'extension_number,sip_password\r\n1001,…\r\n' } },
    },
  })
  @ApiErrors(401, 403, 404, 409)
  async passwords(
    @CurrentAuth() account: AuthContext,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    // Whoever only looks takes nothing.
    const looks = request.method === 'HEAD';
    const csv = looks
      ? await this.imports.requirePasswords(account, id).then(() => '')
      : PASSWORDS_HEADER + (await this.imports.takePasswords(account, id));
    void reply.headers(PASSWORDS_HEAD);
    return csv;
  }
}
