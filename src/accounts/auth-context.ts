import { type Actor, SYSTEM } from '../core/actor';
import { type Tenant } from '../schema/tenant.entity';
import { type Permission, type Role, type Scope } from '../core/roles';

/** Whose token a request brought, and what it may do. */
export interface AuthContext {
  /** 0 for a platform operator, who belongs to no tenant. */
  tenantId: number;
  /** The tenant's SIP domain. */
  domain: string;
  countryCode: string;
  /** Null for a platform operator. */
  role: Role | null;
  permissions: ReadonlySet<Permission>;
  scope: Scope;
  tokenId: number;
  /** Whether the token can do less than who it belongs to, or not for ever, from everywhere, or as often. */
  narrowed: boolean;
  /** Null for a token that belongs to the tenant, not to a person. */
  userId: number | null;
  /** The token's own limit of requests a minute on /api/pbx. */
  rateLimit: number | null;
  actor: Actor;
}

/** Dialplane itself, in one tenant. */
export function systemOf({ id, domain, countryCode }: Tenant): AuthContext {
  return {
    ...{ tenantId: id, domain, countryCode, role: null, permissions: new Set(), scope: { kind: 'all' } },
    ...{ tokenId: 0, narrowed: false, userId: null, rateLimit: null, actor: SYSTEM },
  };
}
