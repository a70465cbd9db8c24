export const ROLES = ['admin', 'supervisor', 'agent', 'read_only'] as const;
export type Role = (typeof ROLES)[number];

export type Permission = 'read' | 'write';

/**
 * What a role's token may do on /api/pbx. A token belongs to a tenant, not to a person, so an agent's
 * has no extension of its own that it could read.
 */
const PERMISSIONS: Record<Role, readonly Permission[]> = {
  admin: ['read', 'write'],
  supervisor: ['read'],
  agent: [],
  read_only: ['read'],
};

export function allows(role: Role, permission: Permission): boolean {
  return PERMISSIONS[role].includes(permission);
}
