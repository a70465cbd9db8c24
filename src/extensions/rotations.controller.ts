import { Body, Controller, Headers, HttpCode, Post, Query, Res, UseGuards } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { Account, type AccountOf } from '../auth/account';
import { BearerGuard } from '../auth/bearer.guard';
import { ApiErrors } from '../common/api-errors';
import { type NewPasswordDto, NewPasswordsAnswer } from './extension-answer.dto';
import { ChangePasswordsDto, ChangePasswordsQuery, readSelection } from './rotation-input.dto';
import { RotationsService } from './rotations.service';

const CSV = 'text/csv';

@ApiTags('Extensions')
@ApiBearerAuth()
@Controller('api/pbx/extensions')
@UseGuards(BearerGuard)
export class RotationsController {
  constructor(private readonly rotations: RotationsService) {}

  @Post('change-passwords')
  @HttpCode(200)
  @ApiOperation({ summary: 'Rotate the SIP passwords of a team, a list, or all; all or none of them' })
  @ApiExtraModels(NewPasswordsAnswer)
  @ApiOkResponse({
    description: 'Each password is shown in this answer only.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(NewPasswordsAnswer) } },
      [CSV]: { schema: { type: 'string', example: 'extension_number,sip_password\r\n1001,…\r\n' } },
    },
  })
  @ApiErrors(400, 401, 403, 413, 422)
  async changePasswords(
    @Account() account: AccountOf,
    @Query() { disconnect, format }: ChangePasswordsQuery,
    @Body() given: ChangePasswordsDto,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<NewPasswordsAnswer | string> {
    const rotated = await this.rotations.rotate(account, readSelection(given), disconnect === 'true');
    const data = rotated.map(({ extensionNumber, password, generated }) => ({
      extension_number: extensionNumber,
      sip_password: password,
      generated_password: generated,
    }));
    void reply.header('Cache-Control', 'no-store');
    const asCsv = format === undefined ? /\btext\/csv\b/i.test(accept ?? '') : format === 'csv';
    if (!asCsv) return { data };
    void reply.header('Content-Type', `${CSV}; charset=utf-8`);
    return csv(data);
  }
}

/** Numbers are digits and made passwords letters and digits: nothing needs quotes. */
function csv(rows: NewPasswordDto[]): string {
  const lines = rows.map(({ extension_number, sip_password }) => `${extension_number},${sip_password}`);
  return ['extension_number,sip_password', ...lines, ''].join('\r\n');
}
