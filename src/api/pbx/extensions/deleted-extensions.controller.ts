import { Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { type AuthContext } from '../../../accounts/auth-context';
import { CurrentAuth } from '../../edge/authentication/current-auth';
import { RequirePermission } from '../../edge/authentication/require-permission';
import { ApiErrors } from '../../edge/api-errors';
import { RestoreService } from '../../../pbx/extensions/restore.service';
import { CreatedExtensionAnswer, mapExtension } from './extension-answer.dto';

@ApiTags('Extensions')
@Controller('api/pbx/extensions')
export class DeletedExtensionsController {
  constructor(private readonly deleted: RestoreService) {}

  @RequirePermission('extensions.manage')
  @Post(':ext/restore')
  @HttpCode(200)
  @ApiOperation({ summary: 'Restore the last deleted extension with this number, with a new password' })
  @ApiParam({ name: 'ext', description: 'The number of a deleted extension.', example: '1001' })
  @ApiOkResponse({ type: CreatedExtensionAnswer })
  @ApiErrors(401, 403, 404, 409, 422)
  async restore(
    @CurrentAuth() account: AuthContext,
    @Param('ext') number: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreatedExtensionAnswer> {
    const [extension, { password, generated }] = await this.deleted.restore(account, number);
    void reply.header('Cache-Control', 'no-store');
    return { data: { ...mapExtension(extension), sip_password: password, generated_password: generated } };
  }
}
