import { Body, Controller, Delete, Get, Headers, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { type AuthContext } from '../../accounts/auth-context';
import { CurrentAuth } from '../edge/authentication/current-auth';
import { RequirePermission } from '../edge/authentication/require-permission';
import { ApiErrors } from '../edge/api-errors';
import { etagOf } from '../../core/etag';
import { idOf } from '../../core/id';
import { page, rowsOf } from '../edge/page';
import { DeletedAnswer } from '../edge/deleted.dto';
import {
  CreateTenantDto,
  ListTenantsQuery,
  mapTenant,
  newTenant,
  TenantAnswer,
  TenantPage,
  tenantPatch,
  UpdateTenantDto,
} from './tenant.dto';
import { TenantAdminService } from '../../pbx/tenant-admin/tenant-admin.service';
import { tenantFields, TenantsService } from '../../accounts/tenants/tenants.service';

const ID = { name: 'id', description: "The tenant's id.", schema: { type: 'integer' } } as const;

@ApiTags('Platform')
@Controller('api/platform/tenants')
export class TenantsController {
  constructor(
    private readonly tenants: TenantsService,
    private readonly platform: TenantAdminService,
  ) {}

  @RequirePermission('platform')
  @Get()
  @ApiOperation({ summary: 'List tenants, each with what it uses' })
  @ApiOkResponse({ type: TenantPage })
  @ApiErrors(401, 403, 422)
  async list(@Query() query: ListTenantsQuery): Promise<TenantPage> {
    const [tenants, total] = await this.platform.list(query, rowsOf(query));
    return page(query, tenants.map(mapTenant), total);
  }

  @RequirePermission('platform')
  @Post()
  @ApiOperation({ summary: 'Create a tenant' })
  @ApiCreatedResponse({ type: TenantAnswer })
  @ApiErrors(400, 401, 403, 413, 422)
  async create(@CurrentAuth() { actor }: AuthContext, @Body() given: CreateTenantDto): Promise<TenantAnswer> {
    const { id } = await this.tenants.create(newTenant(given), actor);
    return { data: mapTenant(await this.platform.detail(id)) };
  }

  @RequirePermission('platform')
  @Get(':id')
  @ApiOperation({ summary: 'Get a tenant' })
  @ApiParam(ID)
  @ApiOkResponse({ type: TenantAnswer })
  @ApiErrors(401, 403, 404)
  async detail(
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantAnswer> {
    return this.shown(idOf(id), reply);
  }

  @RequirePermission('platform')
  @Put(':id')
  @ApiOperation({
    summary: 'Change or disable a tenant; disabling disconnects its phones and blocks its tokens',
  })
  @ApiParam(ID)
  @ApiOkResponse({ type: TenantAnswer })
  @ApiErrors(400, 401, 403, 404, 412, 413, 422)
  async update(
    @CurrentAuth() { actor }: AuthContext,
    @Param('id') id: string,
    @Body() given: UpdateTenantDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TenantAnswer> {
    await this.platform.update(idOf(id), tenantPatch(given), actor, ifMatch);
    return this.shown(idOf(id), reply);
  }

  @RequirePermission('platform')
  @Delete(':id')
  @ApiOperation({
    summary: 'Delete a tenant that has no extensions, caller IDs or teams left',
    description:
      'Refused while a FreeSWITCH node still has work to do for it; a removed node does not count.',
  })
  @ApiParam(ID)
  @ApiOkResponse({ type: DeletedAnswer })
  @ApiErrors(401, 403, 404, 409, 412)
  async delete(
    @CurrentAuth() { actor }: AuthContext,
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<DeletedAnswer> {
    await this.platform.delete(idOf(id), actor, ifMatch);
    return { data: { deleted: true } };
  }

  private async shown(id: number, reply: FastifyReply): Promise<TenantAnswer> {
    const found = await this.platform.detail(id);
    void reply.header('ETag', etagOf(tenantFields(found.tenant)));
    return { data: mapTenant(found) };
  }
}
