import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { Unauthenticated, Unauthorized } from '../common/errors';
import { rememberAccount } from './account';
import { allows } from './roles';
import { TokensService } from './tokens.service';

const READS = new Set(['GET', 'HEAD']);

/** The token that a request brought, be it good or not. */
export function bearerOf({ headers }: FastifyRequest): string | null {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}

/** Lets in who brings a live token whose role may do what the method says. */
@Injectable()
export class BearerGuard implements CanActivate {
  constructor(private readonly tokens: TokensService) {}

  /**
   * @throws Unauthenticated for a missing, unknown, revoked or expired token
   * @throws Unauthorized when the role, or the tenant's being disabled, forbids it
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const bearer = bearerOf(request);
    const holder = bearer === null ? null : await this.tokens.holder(bearer);
    if (!holder) throw new Unauthenticated();
    const permission = READS.has(request.method) ? 'read' : 'write';
    if (!holder.tenantActive || !allows(holder.account.role, permission)) throw new Unauthorized();
    rememberAccount(request, holder.account);
    return true;
  }
}
