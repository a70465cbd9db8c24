export const ROLES = ['admin', 'supervisor', 'agent', 'read_only'] as const;
export type Role = (typeof ROLES)[number];

/** How much of the PBX somebody may handle: look, run from day to day, or make and delete. */
export const TIERS = ['viewer', 'operator', 'admin'] as const;
export type Tier = (typeof TIERS)[number];

/** What a route may demand; which extensions it then concerns is the account's scope. */
export type Permission =
  | 'extensions.read'
  | 'extensions.operate'
  | 'extensions.manage'
  | 'numbers.read'
  | 'numbers.manage'
  | 'audit.read'
  | 'users.manage'
  | 'platform';

/** The tier that a role has unless it is told otherwise, and the highest that it may be given. */
const TIER_OF: Record<Role, { usual: Tier; highest: Tier }> = {
  admin: { usual: 'admin', highest: 'admin' },
  supervisor: { usual: 'operator', highest: 'admin' },
  agent: { usual: 'operator', highest: 'operator' },
  read_only: { usual: 'viewer', highest: 'viewer' },
};

const EXTENSIONS: Record<Tier, readonly Permission[]> = {
  viewer: ['extensions.read'],
  operator: ['extensions.read', 'extensions.operate'],
  admin: ['extensions.read', 'extensions.operate', 'extensions.manage'],
};

export interface Rights {
  role: Role;
  /** Null: the role's usual one. */
  tier: Tier | null;
  pbxApiAccess: boolean;
}

/** The tier that counts: never above what the role may have. */
export function tierOf({ role, tier }: Pick<Rights, 'role' | 'tier'>): Tier {
  const { usual, highest } = TIER_OF[role];
  const asked = tier ?? usual;
  return TIERS.indexOf(asked) > TIERS.indexOf(highest) ? highest : asked;
}

export function permissionsOf(rights: Rights): Set<Permission> {
  const { role, pbxApiAccess } = rights;
  const permissions = new Set<Permission>();
  if (!pbxApiAccess) return permissions;
  const tier = tierOf(rights);
  for (const permission of EXTENSIONS[tier]) permissions.add(permission);
  if (role !== 'agent') permissions.add('numbers.read');
  if (role === 'admin' || role === 'read_only') permissions.add('audit.read');
  // Who manages users can give any right of the account, so must have them all.
  if (role === 'admin' && tier === 'admin') permissions.add('numbers.manage').add('users.manage');
  return permissions;
}

/**
 * Which extensions somebody sees and changes: all of the tenant, those of some teams, or one; that, where
 * teams are named, only while it is in one of them.
 */
export type Scope =
  | { kind: 'all' }
  | { kind: 'teams'; ids: readonly number[] }
  | { kind: 'own'; id: number; teamIds?: readonly number[] };

const NARROW = ['all', 'teams', 'own'] as const;

/** @param person the teams and the extension (by id) of whose rights these are; a bare token has neither */
export function scopeOf(
  role: Role,
  person: { teamIds: readonly number[]; extensionId: number | null },
): Scope {
  if (role === 'agent') return { kind: 'own', id: person.extensionId ?? 0 };
  return role === 'supervisor' ? { kind: 'teams', ids: person.teamIds } : { kind: 'all' };
}

/** A token sees nothing that its user does not: a supervisor's own extension only when it is in his teams. */
export function intersectScopes(token: Scope, user: Scope): Scope {
  if (token.kind === 'own' && user.kind === 'teams') return { ...token, teamIds: user.ids };
  return NARROW.indexOf(token.kind) >= NARROW.indexOf(user.kind) ? token : user;
}

/** Whether who sees `scope` sees all that `earlier` showed. */
export function includesScope(scope: Scope, earlier: Scope): boolean {
  if (scope.kind === 'all') return true;
  const has = (all: readonly number[], some: readonly number[]): boolean =>
    some.every((id) => all.includes(id));
  if (scope.kind === 'teams') return earlier.kind === 'teams' && has(scope.ids, earlier.ids);
  if (earlier.kind !== 'own' || earlier.id !== scope.id) return false;
  return !scope.teamIds || (earlier.teamIds !== undefined && has(scope.teamIds, earlier.teamIds));
}

/** What both allow. */
export function intersect<T>(one: ReadonlySet<T>, other: ReadonlySet<T>): Set<T> {
  return new Set([...one].filter((each) => other.has(each)));
}
