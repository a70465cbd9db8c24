import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { type Role } from './roles';

/** Whose token a request brought. */
export interface AccountOf {
  tenantId: number;
  /** The tenant's SIP domain. */
  domain: string;
  countryCode: string;
  role: Role;
}

const accounts = new WeakMap<FastifyRequest, AccountOf>();

export function rememberAccount(request: FastifyRequest, account: AccountOf): void {
  accounts.set(request, account);
}

/** The account of a request that passed the bearer guard. */
export const Account = createParamDecorator((_: unknown, context: ExecutionContext) =>
  accounts.get(context.switchToHttp().getRequest<FastifyRequest>()),
);
