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
import { CreateTeamDto, mapTeam, newTeam, TeamAnswer, TeamPage, teamPatch, UpdateTeamDto } from './team.dto';
import { teamFields, TeamsService, type KnownTeam } from '../../../pbx/teams/teams.service';

const ID = { name: 'id', description: "The team's id.", schema: { type: 'integer' } } as const;

@ApiTags('Teams and departments')
@Controller('api/pbx/teams')
export class TeamsController {
  constructor(private readonly teams: TeamsService) {}

  @RequirePermission('numbers.read')
  @Get()
  @ApiOperation({ summary: 'List teams; a supervisor sees only their own' })
  @ApiOkResponse({ type: TeamPage })
  @ApiErrors(401, 403, 422)
  async list(@CurrentAuth() account: AuthContext, @Query() query: ListQuery): Promise<TeamPage> {
    const [teams, total] = await this.teams.list(account, query, rowsOf(query));
    return page(query, teams.map(mapTeam), total);
  }

  @RequirePermission('numbers.manage')
  @Post()
  @ApiOperation({ summary: 'Create a team' })
  @ApiCreatedResponse({ type: TeamAnswer })
  @ApiErrors(400, 401, 403, 413, 422)
  async create(
    @CurrentAuth() { tenantId, actor }: AuthContext,
    @Body() given: CreateTeamDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TeamAnswer> {
    return answer(await this.teams.create(tenantId, newTeam(given), actor), reply);
  }

  @RequirePermission('numbers.read')
  @Get(':id')
  @ApiOperation({ summary: 'Get a team; a supervisor sees only their own' })
  @ApiParam(ID)
  @ApiOkResponse({ type: TeamAnswer })
  @ApiErrors(401, 403, 404)
  async detail(
    @CurrentAuth() account: AuthContext,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TeamAnswer> {
    return answer(await this.teams.detail(account, idOf(id)), reply);
  }

  @RequirePermission('numbers.manage')
  @Put(':id')
  @ApiOperation({ summary: 'Rename a team, or move it to another department' })
  @ApiParam(ID)
  @ApiOkResponse({ type: TeamAnswer })
  @ApiErrors(400, 401, 403, 404, 412, 413, 422)
  async update(
    @CurrentAuth() account: AuthContext,
    @Param('id') id: string,
    @Body() given: UpdateTeamDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TeamAnswer> {
    return answer(await this.teams.update(account, idOf(id), teamPatch(given), ifMatch), reply);
  }

  @RequirePermission('numbers.manage')
  @Delete(':id')
  @ApiOperation({ summary: 'Delete a team that has no extensions' })
  @ApiParam(ID)
  @ApiOkResponse({ type: DeletedAnswer })
  @ApiErrors(401, 403, 404, 409, 412)
  async delete(
    @CurrentAuth() account: AuthContext,
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<DeletedAnswer> {
    await this.teams.delete(account, idOf(id), ifMatch);
    return { data: { deleted: true } };
  }
}

function answer(known: KnownTeam, reply: FastifyReply): TeamAnswer {
  void reply.header('ETag', etagOf(teamFields(known.team)));
  return { data: mapTeam(known) };
}
