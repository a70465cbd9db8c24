import { type FindOptionsWhere, In } from 'typeorm';
import { type AuthContext } from '../auth-context';
import { type Scope } from '../../core/roles';
import { FieldInvalid, Unauthorized } from '../../core/errors';
import { type Extension } from '../../schema/extension.entity';
import { type ExtensionField } from '../../schema/extension-fields';

/** Which rows an account sees and changes. */
export type ScopedCaller = Pick<AuthContext, 'tenantId' | 'scope'>;

/** Every row of `extensions` that the account may know of, deleted ones included. */
export function scopeFilter({ tenantId, scope }: ScopedCaller): FindOptionsWhere<Extension> {
  const teamIds = teamsOf(scope);
  const own = scope.kind === 'own' && { id: scope.id };
  return { tenantId, ...own, ...(teamIds && { teamId: In([...teamIds]) }) };
}

/** Whether the account may know of an extension of its tenant; what scopeFilter asks of the database. */
export function canSee({ scope }: ScopedCaller, { id, teamId }: Pick<Extension, 'id' | 'teamId'>): boolean {
  const teamIds = teamsOf(scope);
  if (scope.kind === 'own' && scope.id !== id) return false;
  return teamIds === undefined || (teamId !== null && teamIds.includes(teamId));
}

function teamsOf(scope: Scope): readonly number[] | undefined {
  if (scope.kind === 'all') return undefined;
  return scope.kind === 'teams' ? scope.ids : scope.teamIds;
}

/** What agents may set of their own extension; the rest decides what calls cost and who hears them. */
const AGENT_EDITABLE_FIELDS = new Set<string>([
  'displayName',
  'voicemailEnabled',
  'voicemailPin',
  'voicemailEmail',
] satisfies ExtensionField[]);

/** @param given values by field. @throws Unauthorized when an agent sets what only others may set */
export function rejectFieldsBeyondRole({ scope }: ScopedCaller, given: object): void {
  if (scope.kind !== 'own') return;
  const set = Object.entries(given).flatMap(([field, value]: [string, unknown]) =>
    value === undefined ? [] : [field],
  );
  if (set.some((field) => !AGENT_EDITABLE_FIELDS.has(field))) throw new Unauthorized();
}

/** @throws FieldInvalid when a supervisor puts an extension into a team of others, or into none */
export function assertTeamInScope(viewer: ScopedCaller, teamId: number | null): void {
  if (mayUseTeam(viewer, teamId)) return;
  throw new FieldInvalid({ field: 'teamId', code: 'not_found' });
}

/** Whether the account may put an extension into that team, or with null into none. */
export function mayUseTeam({ scope }: ScopedCaller, teamId: number | null): boolean {
  return scope.kind !== 'teams' || (teamId !== null && scope.ids.includes(teamId));
}
