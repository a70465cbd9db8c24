import { Body, Controller, Delete, Get, Headers, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { ApiErrors } from '../edge/api-errors';
import { etagOf } from '../../core/etag';
import { idOf } from '../../core/id';
import { page, rowsOf } from '../edge/page';
import { type AuthContext } from '../../accounts/auth-context';
import { CurrentAuth } from '../edge/authentication/current-auth';
import { RequirePermission } from '../edge/authentication/require-permission';
import { TokenManagementService } from '../../accounts/tokens/token-management.service';
import {
  CreatedTokenAnswer,
  CreateTokenDto,
  ListTokensQuery,
  mapToken,
  ownToken,
  RevokedAnswer,
  TokenAnswer,
  TokenPage,
} from './token.dto';
import { tokenFields } from '../../accounts/tokens/token-store';

const ID = {
  name: 'id',
  description: "The token's id: the part before the |.",
  schema: { type: 'integer' },
} as const;

@ApiTags('Tokens')
@Controller('api/auth/tokens')
export class TokensController {
  constructor(private readonly tokens: TokenManagementService) {}

  @RequirePermission('token')
  @Get()
  @ApiOperation({
    summary: "List tokens: all of the account for administrators, otherwise the caller's own",
    description: 'A narrowed token sees and revokes only itself.',
  })
  @ApiOkResponse({ type: TokenPage })
  @ApiErrors(401, 403, 422)
  async list(@CurrentAuth() account: AuthContext, @Query() query: ListTokensQuery): Promise<TokenPage> {
    const [tokens, total] = await this.tokens.list(account, query, rowsOf(query));
    return page(query, tokens.map(mapToken), total);
  }

  @RequirePermission('token')
  @Post()
  @ApiOperation({
    summary: 'Create a token with at most the permissions of its creator',
    description:
      'It belongs to the user who creates it, and ends with that user. A narrowed token (by role, tier, expiry, addresses or a rate of its own) cannot create tokens. A token with an expiry, addresses or a rate of its own cannot manage users either.',
  })
  @ApiCreatedResponse({ type: CreatedTokenAnswer })
  @ApiErrors(400, 401, 403, 413, 422)
  async create(
    @CurrentAuth() account: AuthContext,
    @Body() given: CreateTokenDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreatedTokenAnswer> {
    const { row, token } = await this.tokens.create(account, ownToken(given));
    void reply.header('Cache-Control', 'no-store');
    return { data: { ...mapToken(row), token } };
  }

  @RequirePermission('token')
  @Get(':id')
  @ApiOperation({ summary: 'Get a token, with when and from where it was last used' })
  @ApiParam(ID)
  @ApiOkResponse({ type: TokenAnswer })
  @ApiErrors(401, 403, 404)
  async detail(
    @CurrentAuth() account: AuthContext,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenAnswer> {
    const token = await this.tokens.detail(account, idOf(id));
    void reply.header('ETag', etagOf(tokenFields(token)));
    return { data: mapToken(token) };
  }

  @RequirePermission('token')
  @Delete(':id')
  @ApiOperation({ summary: 'Revoke a token, effective from the next request on' })
  @ApiParam(ID)
  @ApiOkResponse({ type: RevokedAnswer })
  @ApiErrors(401, 403, 404, 412)
  async revoke(
    @CurrentAuth() account: AuthContext,
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<RevokedAnswer> {
    await this.tokens.revoke(account, idOf(id), { ifMatch });
    return { data: { revoked: true } };
  }
}
