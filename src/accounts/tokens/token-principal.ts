import { type AuthContext } from '../auth-context';
import {
  intersect,
  intersectScopes,
  type Permission,
  permissionsOf,
  type Role,
  type Scope,
  scopeOf,
  type Tier,
} from '../../core/roles';

/** All that decides what a token may do: its id. The path that every request waits for. */
export const PRINCIPAL_SQL = `
  SELECT k.id AS tokenId, k.name AS tokenName, k.secret_hash AS secretHash, k.role AS role, k.pbx AS pbx,
    k.pbx_api_access AS pbxApiAccess, k.expires_at AS expiresAt, k.revoked_at AS revokedAt,
    k.allowed_addresses AS allowedAddresses, k.rate_limit AS rateLimit,
    t.id AS tenantId, t.domain AS domain, t.country_code AS countryCode, t.status AS tenantStatus,
    u.id AS userId, u.username AS username, u.status AS userStatus, u.role AS userRole, u.pbx AS userPbx,
    u.pbx_api_access AS userPbxApiAccess, u.extension_id AS extensionId
  FROM api_tokens k
  LEFT JOIN tenants t ON t.id = k.tenant_id
  LEFT JOIN users u ON u.id = k.user_id
  WHERE k.id = ?`;

/** A supervisor's teams: the user's id. */
export const TEAMS_SQL = 'SELECT team_id AS id FROM user_teams WHERE user_id = ? ORDER BY team_id';

export interface PrincipalRow {
  tokenId: number;
  tokenName: string;
  secretHash: string;
  role: Role | null;
  pbx: Tier | null;
  pbxApiAccess: number | boolean;
  expiresAt: Date | string | null;
  revokedAt: Date | string | null;
  allowedAddresses: string | null;
  rateLimit: number | null;
  tenantId: number | null;
  domain: string | null;
  countryCode: string | null;
  tenantStatus: string | null;
  userId: number | null;
  username: string | null;
  userStatus: string | null;
  userRole: Role | 'operator' | null;
  userPbx: Tier | null;
  userPbxApiAccess: number | boolean | null;
  extensionId: number | null;
}

/** Who holds a good token. */
export interface Principal {
  account: AuthContext;
  /** False for a tenant that is disabled, whose tokens open nothing. */
  tenantActive: boolean;
  allowedAddresses: string | null;
}

/** What a token's row amounts to: what its user may do at present, narrowed by what it says itself. */
export function authContextFrom(row: PrincipalRow, teamIds: number[]): Principal {
  const base = {
    tenantId: row.tenantId ?? 0,
    domain: row.domain ?? '',
    countryCode: row.countryCode ?? '',
    tokenId: row.tokenId,
    narrowed: isNarrowed(row),
    userId: row.userId,
    rateLimit: row.rateLimit,
  };
  const { allowedAddresses } = row;
  if (row.userRole === 'operator') {
    const nothing: Scope = { kind: 'teams', ids: [] };
    const permissions = new Set(['platform'] as const);
    const account = { ...base, role: null, permissions, scope: nothing, actor: actorOf(row) };
    return { account, tenantActive: true, allowedAddresses };
  }
  const account = { ...base, ...rightsOf(row, row.userRole, teamIds), actor: actorOf(row) };
  // Whoever makes a user has a password, which neither runs out nor asks from where, or how often, it comes.
  if (isBound(row)) account.permissions.delete('users.manage');
  return { account, tenantActive: row.tenantStatus === 'active', allowedAddresses };
}

/** Whether it is good for a time, from some addresses or at a rate of its own only. */
function isBound({ expiresAt, allowedAddresses, rateLimit }: PrincipalRow): boolean {
  return expiresAt !== null || allowedAddresses !== null || rateLimit !== null;
}

function isNarrowed(row: PrincipalRow): boolean {
  const { userId, role, pbx, pbxApiAccess } = row;
  const less = userId === null ? role !== 'admin' : role !== null;
  return less || pbx !== null || !pbxApiAccess || isBound(row);
}

function rightsOf(
  row: PrincipalRow,
  userRole: Role | null,
  teamIds: number[],
): Pick<AuthContext, 'role' | 'scope'> & { permissions: Set<Permission> } {
  const role = row.role ?? userRole ?? 'agent';
  const person = { teamIds, extensionId: row.extensionId };
  const permissions = permissionsOf({ role, tier: row.pbx, pbxApiAccess: Boolean(row.pbxApiAccess) });
  const scope = scopeOf(role, person);
  if (userRole === null) return { role, permissions: ofNobody(role, permissions), scope };
  const most = permissionsOf({
    role: userRole,
    tier: row.userPbx,
    pbxApiAccess: Boolean(row.userPbxApiAccess),
  });
  // Without a tier of its own, a token that has the user's role has the user's tier.
  const own = row.pbx === null && role === userRole && row.pbxApiAccess ? most : permissions;
  return {
    role,
    permissions: intersect(own, most),
    scope: intersectScopes(scope, scopeOf(userRole, person)),
  };
}

/** An agent's token that is nobody's has no extension that it could see. */
function ofNobody(role: Role, permissions: Set<Permission>): Set<Permission> {
  return role === 'agent' ? new Set() : permissions;
}

function actorOf({ userId, username, userRole, tokenId, tokenName }: PrincipalRow): AuthContext['actor'] {
  const nowhere = { address: null, requestId: null };
  if (userId === null) return { kind: 'token', id: tokenId, name: tokenName, tokenId, ...nowhere };
  const kind = userRole === 'operator' ? 'operator' : 'user';
  return { kind, id: userId, name: username ?? '', tokenId, ...nowhere };
}
