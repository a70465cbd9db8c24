import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { ApiErrors } from '../edge/api-errors';
import { clientAddress } from '../edge/client-address';
import { Unauthorized } from '../../core/errors';
import { Idempotency, REPLAYED } from '../edge/idempotency/idempotency.service';
import { type KeptAnswer } from '../edge/idempotency/kept-answer';
import { RateLimits } from '../edge/rate-limits/rate-limits.service';
import { mapUser } from './user-answer.dto';
import { usernameOf } from '../../core/username';
import { UsersService } from '../../accounts/users/users.service';
import { type AuthContext } from '../../accounts/auth-context';
import { CurrentAuth } from '../edge/authentication/current-auth';
import {
  ChangedAnswer,
  ChangeOwnPasswordDto,
  LoggedOutAnswer,
  LoginAnswer,
  LoginDto,
  MeAnswer,
} from './auth.dto';
import { LoginService } from '../../accounts/tokens/login.service';
import { RequirePermission, AllowAnonymous } from '../edge/authentication/require-permission';
import { TokenManagementService } from '../../accounts/tokens/token-management.service';
import { mapToken } from './token.dto';
import { TokenStore } from '../../accounts/tokens/token-store';

@ApiTags('Login')
@Controller('api/auth')
export class AuthController {
  constructor(
    private readonly logins: LoginService,
    private readonly tokens: TokenStore,
    private readonly ownTokens: TokenManagementService,
    private readonly users: UsersService,
    private readonly limits: RateLimits,
    private readonly idempotency: Idempotency,
  ) {}

  @AllowAnonymous()
  @Post('login')
  @HttpCode(200)
  @ApiOperation({ summary: 'Log in with username and password and get a token' })
  @ApiOkResponse({ type: LoginAnswer })
  @ApiErrors(400, 401, 403, 413, 422)
  async login(
    @Body() given: LoginDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LoginAnswer> {
    await this.limits.takeLogin(reply, usernameOf(given.username));
    const user = await this.logins.prove(given);
    void reply.header('Cache-Control', 'no-store');
    const earlier = await this.earlierToken(request, user.id);
    if (earlier !== null) void reply.headers(REPLAYED);
    const origin = { address: clientAddress(request), requestId: request.id };
    const token = earlier ?? (await this.logins.login(user, origin));
    const { id, username, email, role, tenantId } = user;
    return { data: { user: { id, username, email, role, tenant_id: tenantId } }, token };
  }

  /** The token that the same login with the same Idempotency-Key was given, while it is good. */
  private async earlierToken(request: FastifyRequest, userId: number): Promise<string | null> {
    const key = request.headers['idempotency-key'];
    if (key === undefined) return null;
    const tokenIn = ({ body }: KeptAnswer): string => (JSON.parse(body.toString()) as LoginAnswer).token;
    const kept = await this.idempotency.begin(
      request,
      key,
      `login ${userId}`,
      async (answer) => (await this.tokens.holder(tokenIn(answer))) !== null,
    );
    return kept && tokenIn(kept);
  }

  @RequirePermission('token')
  @Post('logout')
  @HttpCode(200)
  @ApiOperation({ summary: 'Log out: revoke the token of this request' })
  @ApiOkResponse({ type: LoggedOutAnswer })
  @ApiErrors(401, 403)
  async logout(@CurrentAuth() account: AuthContext): Promise<LoggedOutAnswer> {
    await this.ownTokens.revoke(account, account.tokenId, { action: 'logged_out' });
    return { data: { logged_out: true } };
  }

  @RequirePermission('token')
  @Get('me')
  @ApiOperation({
    operationId: 'getOwnToken',
    summary: 'Describe the current token: its user and its permissions',
  })
  @ApiOkResponse({ type: MeAnswer })
  @ApiErrors(401, 403)
  async me(@CurrentAuth() account: AuthContext): Promise<MeAnswer> {
    const token = await this.ownTokens.detail(account, account.tokenId);
    const user = account.userId === null ? null : await this.users.detail(account, account.userId);
    const permissions: string[] = [...account.permissions];
    if (account.permissions.has('extensions.read')) permissions.unshift('pbx_api_access');
    return { data: { user: user && mapUser(user), token: mapToken(token), permissions } };
  }

  @RequirePermission('token')
  @Post('change-password')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'changeOwnPassword',
    summary: "Change the own password and end the user's other logins",
    description:
      "Counts as a login of the user, successful or not, besides the token's own limit. A narrowed token (by role, tier, expiry, addresses or a rate of its own) cannot do this.",
  })
  @ApiOkResponse({ type: ChangedAnswer })
  @ApiErrors(400, 401, 403, 413, 422)
  async changePassword(
    @CurrentAuth() account: AuthContext,
    @Body() given: ChangeOwnPasswordDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ChangedAnswer> {
    if (account.userId === null || account.narrowed) throw new Unauthorized();
    await this.limits.takeProof(request, reply, account.actor.name);
    const { current_password: current, new_password: next } = given;
    await this.users.changePassword(account, account.userId, current, next);
    return { data: { changed: true } };
  }
}
