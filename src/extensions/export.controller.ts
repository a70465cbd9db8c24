import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { Account, type AccountOf } from '../auth/account';
import { Needs } from '../auth/needs';
import { ApiErrors } from '../common/api-errors';
import { CSV } from '../common/csv';
import { CsvLimits, csvStream } from '../common/csv-stream';
import { EXPORT_HEADER, extensionLines } from './extension-csv';
import { ExportQuery } from './extension-input.dto';
import { extensionsAfter } from './extension-queries';
import { type Extension } from './extension.entity';

const ROWS_AT_ONCE = 1_000;

@ApiTags('Extensions')
@Controller('api/pbx/extensions/export')
export class ExportController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly limits: CsvLimits,
  ) {}

  @Needs('extensions.read')
  @Get()
  @ApiOperation({ summary: 'All extensions as CSV, which POST /api/pbx/extensions/import takes back' })
  @ApiOkResponse({
    description:
      "UTF-8 with a byte order mark. What a spreadsheet would take for a formula has a `'` before it. Without secrets.",
    content: { [CSV]: { schema: { type: 'string', example: EXPORT_HEADER } } },
  })
  @ApiErrors(401, 403, 422)
  async export(
    @Account() account: AccountOf,
    @Query() query: ExportQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const next = (after: string): Promise<Extension[]> =>
      extensionsAfter(this.dataSource, account, query, { after, most: ROWS_AT_ONCE });
    // Read before the head is sent: what fails now is answered as any error.
    const first = await next('');
    const lines = csvStream(reply, 'extensions', linesOf(first, next), this.limits);
    void reply.send(request.method === 'HEAD' ? undefined : lines);
  }
}

/** The next rows are read when the client has taken the last ones. */
async function* linesOf(
  first: Extension[],
  next: (after: string) => Promise<Extension[]>,
): AsyncGenerator<string> {
  yield EXPORT_HEADER;
  let rows = first;
  while (rows.length > 0) {
    yield extensionLines(rows);
    const last = rows.at(-1)?.extensionNumber ?? '';
    rows = rows.length < ROWS_AT_ONCE ? [] : await next(last);
  }
}
