import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { type AuthContext } from '../../../accounts/auth-context';

const contexts = new WeakMap<FastifyRequest, AuthContext>();

export function setAuth(request: FastifyRequest, context: AuthContext): void {
  contexts.set(request, context);
}

/** Undefined for a request without a good token. */
export function authOf(request: FastifyRequest): AuthContext | undefined {
  return contexts.get(request);
}

/** The caller of a route that needs one. */
export const CurrentAuth = createParamDecorator((_: unknown, context: ExecutionContext) =>
  authOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
