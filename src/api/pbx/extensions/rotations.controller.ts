import { Body, Controller, Headers, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { type AuthContext } from '../../../accounts/auth-context';
import { CurrentAuth } from '../../edge/authentication/current-auth';
import { RequirePermission } from '../../edge/authentication/require-permission';
import { ApiErrors } from '../../edge/api-errors';
import { CSV, csvLines } from '../../../core/csv';
import { wantsCsv } from '../../edge/csv-stream';
import { type NewPasswordDto, NewPasswordsAnswer } from './extension-answer.dto';
import { ChangePasswordsDto, ChangePasswordsQuery, readSelection } from './rotation-input.dto';
import { PasswordRotationService } from '../../../pbx/extensions/password-rotation.service';

@ApiTags('Extensions')
@Controller('api/pbx/extensions')
export class RotationsController {
  constructor(private readonly rotations: PasswordRotationService) {}

  @RequirePermission('extensions.operate')
  @Post('change-passwords')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Rotate the SIP passwords of a team, a list, or all extensions; all or none are rotated',
  })
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
    @CurrentAuth() account: AuthContext,
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
    if (!wantsCsv(format, accept)) return { data };
    void reply.header('Content-Type', `${CSV}; charset=utf-8`);
    return csv(data);
  }
}

function csv(rows: NewPasswordDto[]): string {
  const lines = rows.map(({ extension_number, sip_password }) => [extension_number, sip_password]);
  return csvLines([['extension_number', 'sip_password'], ...lines]);
}
