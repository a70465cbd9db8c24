import { Injectable } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { clientAddress } from '../client-address';
import { Unauthenticated, Unauthorized } from '../../../core/errors';
import { requireDecodable } from '../http';
import { RateLimits } from '../rate-limits/rate-limits.service';
import { LOGIN } from '../rate-limits/subject';
import { allowsAddress } from '../../../core/addresses';
import { setAuth } from './current-auth';
import { type Principal } from '../../../accounts/tokens/token-principal';
import { isApi } from './require-permission';
import { LastUse } from '../../../accounts/tokens/last-use';
import { TokenStore } from '../../../accounts/tokens/token-store';

/** The token that a request brought, be it good or not. */
export function bearerOf({ headers }: FastifyRequest): string | null {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}

/** The door of /api: who comes without a good token goes no further, not even to have a body read. */
@Injectable()
export class ApiAuthentication {
  constructor(
    private readonly tokens: TokenStore,
    private readonly limits: RateLimits,
    private readonly lastUse: LastUse,
  ) {}

  /**
   * @throws TooManyRequests
   * @throws MalformedRequest for a URL that cannot be decoded
   * @throws Unauthenticated for a missing, unknown, revoked or expired token
   * @throws Unauthorized from an address that the token does not allow, or for a disabled tenant
   */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // Where a token is got, none can be demanded.
    const login = request.routeOptions.url === LOGIN;
    const bearer = login ? null : bearerOf(request);
    const holder = bearer === null ? null : await this.holderOf(bearer, request, reply);
    await this.limits.admit(request, reply, holder?.account);
    requireDecodable(request);
    if (login) return;
    if (!holder) throw new Unauthenticated();
    const { allowedAddresses, tenantActive } = holder;
    const address = clientAddress(request);
    if (!allowsAddress(allowedAddresses, address) || !tenantActive) throw new Unauthorized();
    const actor = { ...holder.account.actor, address, requestId: request.id };
    setAuth(request, { ...holder.account, actor });
    this.lastUse.note(holder.account.tokenId, address);
  }

  private async holderOf(
    bearer: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Principal | null> {
    try {
      return await this.tokens.holder(bearer);
    } catch (error) {
      // While the database is away nobody knows whose token it is.
      await this.limits.admit(request, reply);
      throw error;
    }
  }
}

/** Has every request under /api pass the door, before its body is read. */
export function guardApi(app: NestFastifyApplication): void {
  const access = app.get(ApiAuthentication);
  app
    .getHttpAdapter()
    .getInstance()
    // Not async: lookups pass here too, and an async hook has each wait a turn for nothing.
    .addHook('onRequest', (request, reply, done) => {
      if (isApi(request.routeOptions.url ?? request.url))
        access.admit(request, reply).then(() => done(), done);
      else done();
    });
}
