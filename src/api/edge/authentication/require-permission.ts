import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiBearerAuth } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { Unauthorized } from '../../../core/errors';
import { authOf } from './current-auth';
import { type Permission } from '../../../core/roles';

/** The metadata of a handler that holds its need. */
export const NEED = 'dialplane:need';

/** A permission; or that somebody is logged in; or nothing. */
export type Need = Permission | 'token' | 'nothing';

/** What a route under /api demands of who calls it. */
export function RequirePermission(need: Permission | 'token'): MethodDecorator {
  return applyDecorators(SetMetadata(NEED, need), ApiBearerAuth());
}

/** A route under /api that may be called without a token. */
export const AllowAnonymous = (): MethodDecorator => SetMetadata(NEED, 'nothing' satisfies Need);

/** Holds every route under /api to what it demands; one that says nothing is closed to all. */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  /** @throws Unauthorized */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const need = this.reflector.get<Need | undefined>(NEED, context.getHandler());
    if (need === undefined) {
      if (isApi(request.routeOptions.url ?? request.url)) throw new Unauthorized();
      return true;
    }
    if (need === 'nothing') return true;
    const account = authOf(request);
    if (!account || (need !== 'token' && !account.permissions.has(need))) throw new Unauthorized();
    return true;
  }
}

export function isApi(url: string): boolean {
  return /^\/api(\/|$)/i.test(url);
}
