import { Body, Controller, Delete, Get, Headers, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { type AuthContext } from '../../../accounts/auth-context';
import { CurrentAuth } from '../../edge/authentication/current-auth';
import { RequirePermission } from '../../edge/authentication/require-permission';
import { ApiErrors } from '../../edge/api-errors';
import { etagOf } from '../../../core/etag';
import { idOf } from '../../../core/id';
import { ListQuery, page, rowsOf } from '../../edge/page';
import { DeletedAnswer } from '../../edge/deleted.dto';
import {
  CreateDepartmentDto,
  DepartmentAnswer,
  DepartmentPage,
  mapDepartment,
  UpdateDepartmentDto,
} from './department.dto';
import {
  departmentFields,
  DepartmentsService,
  type KnownDepartment,
} from '../../../pbx/departments/departments.service';

const ID = { name: 'id', description: "The department's id.", schema: { type: 'integer' } } as const;

@ApiTags('Teams and departments')
@Controller('api/pbx/departments')
export class DepartmentsController {
  constructor(private readonly departments: DepartmentsService) {}

  @RequirePermission('numbers.read')
  @Get()
  @ApiOperation({ summary: 'List departments' })
  @ApiOkResponse({ type: DepartmentPage })
  @ApiErrors(401, 403, 422)
  async list(@CurrentAuth() { tenantId }: AuthContext, @Query() query: ListQuery): Promise<DepartmentPage> {
    const [departments, total] = await this.departments.list(tenantId, query, rowsOf(query));
    return page(query, departments.map(mapDepartment), total);
  }

  @RequirePermission('numbers.manage')
  @Post()
  @ApiOperation({ summary: 'Create a department' })
  @ApiCreatedResponse({ type: DepartmentAnswer })
  @ApiErrors(400, 401, 403, 413, 422)
  async create(
    @CurrentAuth() { tenantId, actor }: AuthContext,
    @Body() { name }: CreateDepartmentDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DepartmentAnswer> {
    return answer(await this.departments.create(tenantId, { name }, actor), reply);
  }

  @RequirePermission('numbers.read')
  @Get(':id')
  @ApiOperation({ summary: 'Get a department' })
  @ApiParam(ID)
  @ApiOkResponse({ type: DepartmentAnswer })
  @ApiErrors(401, 403, 404)
  async detail(
    @CurrentAuth() { tenantId }: AuthContext,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DepartmentAnswer> {
    return answer(await this.departments.detail(tenantId, idOf(id)), reply);
  }

  @RequirePermission('numbers.manage')
  @Put(':id')
  @ApiOperation({ summary: 'Rename a department' })
  @ApiParam(ID)
  @ApiOkResponse({ type: DepartmentAnswer })
  @ApiErrors(400, 401, 403, 404, 412, 413, 422)
  async update(
    @CurrentAuth() account: AuthContext,
    @Param('id') id: string,
    @Body() { name }: UpdateDepartmentDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DepartmentAnswer> {
    return answer(await this.departments.update(account, idOf(id), { name }, ifMatch), reply);
  }

  @RequirePermission('numbers.manage')
  @Delete(':id')
  @ApiOperation({ summary: 'Delete a department that has no teams' })
  @ApiParam(ID)
  @ApiOkResponse({ type: DeletedAnswer })
  @ApiErrors(401, 403, 404, 409, 412)
  async delete(
    @CurrentAuth() account: AuthContext,
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<DeletedAnswer> {
    await this.departments.delete(account, idOf(id), ifMatch);
    return { data: { deleted: true } };
  }
}

function answer(known: KnownDepartment, reply: FastifyReply): DepartmentAnswer {
  void reply.header('ETag', etagOf(departmentFields(known.department)));
  return { data: mapDepartment(known) };
}
