import {
  type Permission,
  permissionsOf,
  type Role,
  ROLES,
  scopeOf,
  type Scope,
  tierOf,
  TIERS,
} from '../../src/core/roles';
import { type Need } from '../../src/api/edge/authentication/require-permission';
import { type Endpoint } from './endpoints';
import { GENERATED, table } from './markdown';

/** What each permission is for; a new one does not compile without its line. */
const MEANING: Record<Permission, string> = {
  'extensions.read': 'see extensions, their registrations, diagnosis and receipts',
  'extensions.operate': 'change extensions, rotate their passwords, disconnect their phones',
  'extensions.manage': 'create, delete, restore and import extensions',
  'numbers.read': 'see caller IDs, teams and departments',
  'numbers.manage': 'create, change and delete caller IDs, teams and departments',
  'audit.read': 'read the audit',
  'users.manage': 'create, change and delete users, see and revoke their tokens',
  platform: 'manage tenants and nodes; operators only',
};
const PERMISSIONS = Object.keys(MEANING) as Permission[];

const SEES: Record<Scope['kind'], string> = {
  all: 'all extensions of the account',
  teams: 'the extensions of their own teams',
  own: 'their own extension',
};

/** docs/reference/roles.md */
export function rolesPage(endpoints: readonly Endpoint[]): string {
  return `${GENERATED}# Roles and permissions

A user has a role, and may have a tier that raises or lowers what the role allows. A token has at most what its user has
at the time of the request. Rows outside a caller's scope do not exist for that caller: they answer 404, never 403.

## Roles

${table(['role', 'sees', 'usual tier', 'highest tier'], ROLES.map(roleRow))}
An agent may change only the name and the voicemail of their extension. A supervisor cannot move an extension into a team
that is not theirs. An \`operator\` of the platform, created on the command line only, sees tenants and nodes, not
extensions.

## Permissions

"yes": with the role's usual tier. "tier admin": only with that tier. \`pbx_api_access: false\` on a user or a token removes
all of them.

${table(['permission', 'allows to', ...ROLES, 'operator'], PERMISSIONS.map(permissionRow))}
## Tiers

A lower tier than the usual one narrows the extension permissions:

${table(['tier', 'extension permissions'], TIERS.map(tierRow))}
Caller IDs, teams, departments and users are managed with role \`admin\` and tier \`admin\` only.

## Tokens

A token that a user creates, or gets by logging in, can do what the user can. It can be narrowed; a narrowed token can
never widen itself:

${table(['narrowed by', 'create tokens', 'see other tokens', "change the user's password", 'manage users'], NARROWED)}
A token created with \`npx dialplane token create\` without \`--user\` belongs to the account and to no user. Such a token with
role \`supervisor\` or \`agent\` sees no extension, because it has no team and no extension of its own.

## Endpoints

${table(['endpoint', 'does', 'needs'], endpoints.map(endpointRow))}`;
}

const NEEDS: Partial<Record<Need, string>> = { token: 'any token', nothing: 'no token' };

const NARROWED = [
  ['role, tier or `pbx_api_access`', 'no', 'no', 'no', 'if its role and tier allow it'],
  ['expiry', 'no', 'no', 'no', 'no'],
  ['addresses', 'no', 'no', 'no', 'no'],
  ['a rate of its own', 'no', 'no', 'no', 'no'],
];

function roleRow(role: Role): string[] {
  const scope = scopeOf(role, { teamIds: [], extensionId: null });
  const highest = TIERS.filter((tier) => tierOf({ role, tier }) === tier).at(-1) ?? '';
  return [role, SEES[scope.kind], tierOf({ role, tier: null }), highest];
}

function permissionRow(permission: Permission): string[] {
  const cells = ROLES.map((role) => {
    const has = (tier: (typeof TIERS)[number] | null): boolean =>
      permissionsOf({ role, tier, pbxApiAccess: true }).has(permission);
    if (has(null)) return 'yes';
    const least = TIERS.find(has);
    return least === undefined ? '' : `tier ${least}`;
  });
  return [`\`${permission}\``, MEANING[permission], ...cells, permission === 'platform' ? 'yes' : ''];
}

function tierRow(tier: (typeof TIERS)[number]): string[] {
  const held = permissionsOf({ role: 'admin', tier, pbxApiAccess: true });
  const extensions = PERMISSIONS.filter((each) => each.startsWith('extensions.') && held.has(each));
  return [tier, extensions.map((each) => `\`${each}\``).join(', ')];
}

function endpointRow({ method, path, summary, need }: Endpoint): string[] {
  return [`\`${method} ${path}\``, summary, NEEDS[need] ?? `\`${need}\``];
}
