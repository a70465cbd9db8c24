import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseGuards } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { Account, type AccountOf } from '../auth/account';
import { BearerGuard } from '../auth/bearer.guard';
import { ApiErrors } from '../common/api-errors';
import { page } from '../common/page';
import { RegistrationsService } from '../registrations/registrations.service';
import {
  CreatedExtensionAnswer,
  DeletedAnswer,
  ExtensionAnswer,
  ExtensionDetailAnswer,
  ExtensionPage,
  mapExtension,
  NewPasswordAnswer,
} from './extension-answer.dto';
import {
  ChangePasswordDto,
  CreateExtensionDto,
  DisconnectQuery,
  ListExtensionsQuery,
  UpdateExtensionDto,
} from './extension-input.dto';
import { ExtensionsService } from './extensions.service';

const NUMBER = { name: 'ext', description: 'The extension number.', example: '1001' };

@ApiTags('Extensions')
@ApiBearerAuth()
@Controller('api/pbx/extensions')
@UseGuards(BearerGuard)
export class ExtensionsController {
  constructor(
    private readonly extensions: ExtensionsService,
    private readonly registrations: RegistrationsService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List extensions' })
  @ApiOkResponse({ type: ExtensionPage })
  @ApiErrors(401, 403, 422)
  async list(@Account() account: AccountOf, @Query() query: ListExtensionsQuery): Promise<ExtensionPage> {
    const [extensions, total] = await this.extensions.list(account, query);
    const stateOf = query.include ? this.registrations.statesIn(account.domain) : null;
    const rows = extensions.map((extension) => ({
      ...mapExtension(extension),
      ...(stateOf && { sip_registration: stateOf(extension.extensionNumber) }),
    }));
    return page(query, rows, total);
  }

  @Get(':ext')
  @ApiOperation({ summary: 'One extension, and whether its phone is online' })
  @ApiParam(NUMBER)
  @ApiOkResponse({ type: ExtensionDetailAnswer })
  @ApiErrors(401, 403, 404)
  async detail(@Account() account: AccountOf, @Param('ext') number: string): Promise<ExtensionDetailAnswer> {
    const extension = await this.extensions.detail(account, number);
    const sip_registration = this.registrations.stateOf(extension.extensionNumber, account.domain);
    return { data: { ...mapExtension(extension), sip_registration } };
  }

  @Post()
  @ApiOperation({ summary: 'Make an extension' })
  @ApiCreatedResponse({ type: CreatedExtensionAnswer })
  @ApiErrors(400, 401, 403, 413, 422)
  async create(
    @Account() account: AccountOf,
    @Body() given: CreateExtensionDto,
  ): Promise<CreatedExtensionAnswer> {
    const [extension, { password, generated }] = await this.extensions.create(account, given);
    return { data: { ...mapExtension(extension), sip_password: password, generated_password: generated } };
  }

  @Put(':ext')
  @ApiOperation({ summary: 'Change an extension; send only what changes' })
  @ApiParam(NUMBER)
  @ApiOkResponse({ type: ExtensionAnswer })
  @ApiErrors(400, 401, 403, 404, 413, 422)
  async update(
    @Account() account: AccountOf,
    @Param('ext') number: string,
    @Body() given: UpdateExtensionDto,
  ): Promise<ExtensionAnswer> {
    return { data: mapExtension(await this.extensions.update(account, number, given)) };
  }

  @Delete(':ext')
  @ApiOperation({ summary: 'Delete an extension; its phones are out when this answers' })
  @ApiParam(NUMBER)
  @ApiOkResponse({ type: DeletedAnswer })
  @ApiErrors(401, 403, 404)
  async delete(@Account() account: AccountOf, @Param('ext') number: string): Promise<DeletedAnswer> {
    await this.extensions.delete(account, number);
    return { data: { deleted: true } };
  }

  @Post(':ext/change-password')
  @HttpCode(200)
  @ApiOperation({ summary: 'Rotate the SIP password' })
  @ApiParam(NUMBER)
  @ApiOkResponse({ type: NewPasswordAnswer })
  @ApiErrors(400, 401, 403, 404, 413, 422)
  async changePassword(
    @Account() account: AccountOf,
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
