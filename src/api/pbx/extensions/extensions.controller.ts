import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  Headers,
  HttpCode,
  Param,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { type AuthContext } from '../../../accounts/auth-context';
import { CurrentAuth } from '../../edge/authentication/current-auth';
import { RequirePermission } from '../../edge/authentication/require-permission';
import { ApiErrors } from '../../edge/api-errors';
import { etagOf } from '../../../core/etag';
import { page } from '../../edge/page';
import { DeletedAnswer } from '../../edge/deleted.dto';
import { RegistrationsService } from '../../../nodes/registrations/state/registrations.service';
import {
  CreatedExtensionAnswer,
  ExtensionAnswer,
  ExtensionDetailAnswer,
  ExtensionPage,
  mapExtension,
  mapListed,
  NewPasswordAnswer,
} from './extension-answer.dto';
import {
  ChangePasswordDto,
  CreateExtensionDto,
  DisconnectQuery,
  ListExtensionsQuery,
  UpdateExtensionDto,
} from './extension-input.dto';
import { extensionFilterOf, extensionPatchOf, newExtensionOf } from './extension-input.mapper';
import { extensionFields } from '../../../pbx/extensions/extension-fields';
import { ExtensionsService } from '../../../pbx/extensions/extensions.service';

const NUMBER = { name: 'ext', description: 'The extension number.', example: '1001' };

@ApiTags('Extensions')
@Controller('api/pbx/extensions')
export class ExtensionsController {
  constructor(
    private readonly extensions: ExtensionsService,
    private readonly registrations: RegistrationsService,
  ) {}

  @RequirePermission('extensions.read')
  @Get()
  @ApiOperation({ summary: 'List extensions, or with status=deleted those that can still be restored' })
  @ApiOkResponse({ type: ExtensionPage })
  @ApiErrors(401, 403, 422)
  async list(
    @CurrentAuth() account: AuthContext,
    @Query() query: ListExtensionsQuery,
  ): Promise<ExtensionPage> {
    const [extensions, total] = await this.extensions.list(account, extensionFilterOf(query));
    const registered = query.include && query.status !== 'deleted';
    const stateOf = registered ? this.registrations.statesIn(account.domain) : null;
    const rows = extensions.map((extension) => ({
      ...mapListed(extension),
      ...(stateOf && { sip_registration: stateOf(extension.extensionNumber) }),
    }));
    return page(query, rows, total);
  }

  @RequirePermission('extensions.read')
  @Get(':ext')
  @ApiOperation({ summary: 'Get an extension and whether its phone is online' })
  @ApiParam(NUMBER)
  @ApiOkResponse({ type: ExtensionDetailAnswer })
  @ApiErrors(401, 403, 404)
  async detail(
    @CurrentAuth() account: AuthContext,
    @Param('ext') number: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ExtensionDetailAnswer> {
    const extension = await this.extensions.detail(account, number);
    void reply.header('ETag', etagOf(extensionFields(extension)));
    const sip_registration = this.registrations.stateOf(extension.extensionNumber, account.domain);
    return { data: { ...mapExtension(extension), sip_registration } };
  }

  @RequirePermission('extensions.manage')
  @Post()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Create an extension' })
  @ApiCreatedResponse({ type: CreatedExtensionAnswer })
  @ApiErrors(400, 401, 403, 413, 422)
  async create(
    @CurrentAuth() account: AuthContext,
    @Body() given: CreateExtensionDto,
  ): Promise<CreatedExtensionAnswer> {
    const [extension, { password, generated }] = await this.extensions.create(account, newExtensionOf(given));
    return { data: { ...mapExtension(extension), sip_password: password, generated_password: generated } };
  }

  @RequirePermission('extensions.operate')
  @Put(':ext')
  @ApiOperation({ summary: 'Update an extension; send only the fields to change' })
  @ApiParam(NUMBER)
  @ApiOkResponse({ type: ExtensionAnswer })
  @ApiErrors(400, 401, 403, 404, 412, 413, 422)
  async update(
    @CurrentAuth() account: AuthContext,
    @Param('ext') number: string,
    @Body() given: UpdateExtensionDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ExtensionAnswer> {
    const extension = await this.extensions.update(account, number, extensionPatchOf(given), ifMatch);
    void reply.header('ETag', etagOf(extensionFields(extension)));
    return { data: mapExtension(extension) };
  }

  @RequirePermission('extensions.manage')
  @Delete(':ext')
  @ApiOperation({ summary: 'Delete an extension and disconnect its phones' })
  @ApiParam(NUMBER)
  @ApiOkResponse({ type: DeletedAnswer })
  @ApiErrors(401, 403, 404, 412)
  async delete(
    @CurrentAuth() account: AuthContext,
    @Param('ext') number: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<DeletedAnswer> {
    await this.extensions.delete(account, number, ifMatch);
    return { data: { deleted: true } };
  }

  @RequirePermission('extensions.operate')
  @Post(':ext/change-password')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Rotate the SIP password of an extension' })
  @ApiParam(NUMBER)
  @ApiOkResponse({ type: NewPasswordAnswer })
  @ApiErrors(400, 401, 403, 404, 413, 422)
  async changePassword(
    @CurrentAuth() account: AuthContext,
    @Param('ext') number: string,
    @Query() { disconnect }: DisconnectQuery,
    @Body() given: ChangePasswordDto,
  ): Promise<NewPasswordAnswer> {
    const { password, generated } = await this.extensions.changePassword(
      account,
      number,
      given.new_password,
      disconnect === 'true',
    );
    return { data: { extension_number: number, sip_password: password, generated_password: generated } };
  }
}
