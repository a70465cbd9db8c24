import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { type AuthContext } from '../../../accounts/auth-context';
import { CurrentAuth } from '../../edge/authentication/current-auth';
import { RequirePermission } from '../../edge/authentication/require-permission';
import { ApiErrors } from '../../edge/api-errors';
import { chunksOf } from '../../../core/chunks';
import { CSV } from '../../../core/csv';
import { CsvLimits, csvStream } from '../../edge/csv-stream';
import { EXPORT_HEADER, extensionLines } from './extension-csv';
import { ExportQuery } from './extension-input.dto';
import { extensionsOf, filtered, sortedNumbers } from '../../../accounts/scope/extension-queries';
import { type Extension } from '../../../schema/extension.entity';

const ROWS_AT_ONCE = 1_000;
const NUMBERS_AT_ONCE = 5_000;

@ApiTags('Extensions')
@Controller('api/pbx/extensions/export')
export class ExportController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly limits: CsvLimits,
  ) {}

  @RequirePermission('extensions.read')
  @Get()
  @ApiOperation({ summary: 'Export all extensions as CSV that can be imported again' })
  @ApiOkResponse({
    description:
      "UTF-8 with a byte order mark, without secrets. A cell that a spreadsheet would take for a formula starts with `'`.",
    content: { [CSV]: { schema: { type: 'string', example: EXPORT_HEADER } } },
  })
  @ApiErrors(401, 403, 422)
  async export(
    @CurrentAuth() account: AuthContext,
    @Query() query: ExportQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const found = filtered(this.dataSource, account, query);
    const read = (numbers: readonly string[]): Promise<Extension[]> => extensionsOf(found, numbers);
    // Read before the head is sent: what fails now is answered as any error.
    const [some = [], ...more] = [
      ...chunksOf(await sortedNumbers(found, { atATime: NUMBERS_AT_ONCE }), ROWS_AT_ONCE),
    ];
    const lines = csvStream(reply, 'extensions', linesOf(await read(some), more, read), this.limits);
    void reply.send(request.method === 'HEAD' ? undefined : lines);
  }
}

/** The next rows are read when the client has taken the last ones. */
async function* linesOf(
  first: Extension[],
  more: readonly (readonly string[])[],
  read: (numbers: readonly string[]) => Promise<Extension[]>,
): AsyncGenerator<string> {
  yield EXPORT_HEADER;
  yield extensionLines(first);
  for (const numbers of more) yield extensionLines(await read(numbers));
}
