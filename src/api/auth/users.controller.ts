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
import { CreatedUserAnswer, mapUser, UserAnswer, UserPage } from './user-answer.dto';
import { CreateUserDto, ListUsersQuery, newUser, UpdateUserDto, userPatch } from './user-input.dto';
import { userFields, UsersService } from '../../accounts/users/users.service';

const ID = { name: 'id', description: "The user's id.", schema: { type: 'integer' } } as const;

@ApiTags('Users')
@Controller('api/auth/users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @RequirePermission('users.manage')
  @Get()
  @ApiOperation({ summary: 'List the users of the account' })
  @ApiOkResponse({ type: UserPage })
  @ApiErrors(401, 403, 422)
  async list(@CurrentAuth() account: AuthContext, @Query() query: ListUsersQuery): Promise<UserPage> {
    const [users, total] = await this.users.list(account, query, rowsOf(query));
    return page(query, users.map(mapUser), total);
  }

  @RequirePermission('users.manage')
  @Post()
  @ApiOperation({ summary: 'Create a user' })
  @ApiCreatedResponse({ type: CreatedUserAnswer })
  @ApiErrors(400, 401, 403, 413, 422)
  async create(
    @CurrentAuth() { tenantId, actor }: AuthContext,
    @Body() given: CreateUserDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreatedUserAnswer> {
    const { known, password } = await this.users.create(tenantId, newUser(given), actor);
    void reply.header('Cache-Control', 'no-store');
    const shown = password === null ? {} : { password };
    return { data: { ...mapUser(known), ...shown, generated_password: password !== null } };
  }

  @RequirePermission('users.manage')
  @Get(':id')
  @ApiOperation({ summary: 'Get a user' })
  @ApiParam(ID)
  @ApiOkResponse({ type: UserAnswer })
  @ApiErrors(401, 403, 404)
  async detail(
    @CurrentAuth() account: AuthContext,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserAnswer> {
    const known = await this.users.detail(account, idOf(id));
    void reply.header('ETag', etagOf(userFields(known)));
    return { data: mapUser(known) };
  }

  @RequirePermission('users.manage')
  @Put(':id')
  @ApiOperation({ summary: 'Update a user; send only the fields to change' })
  @ApiParam(ID)
  @ApiOkResponse({ type: UserAnswer })
  @ApiErrors(400, 401, 403, 404, 409, 412, 413, 422)
  async update(
    @CurrentAuth() account: AuthContext,
    @Param('id') id: string,
    @Body() given: UpdateUserDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserAnswer> {
    const known = await this.users.update(account, idOf(id), userPatch(given), ifMatch);
    void reply.header('ETag', etagOf(userFields(known)));
    return { data: mapUser(known) };
  }

  @RequirePermission('users.manage')
  @Delete(':id')
  @ApiOperation({ summary: "Delete a user and end all of the user's tokens" })
  @ApiParam(ID)
  @ApiOkResponse({ type: DeletedAnswer })
  @ApiErrors(401, 403, 404, 409, 412)
  async delete(
    @CurrentAuth() account: AuthContext,
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<DeletedAnswer> {
    await this.users.delete(account, idOf(id), ifMatch);
    return { data: { deleted: true } };
  }
}
