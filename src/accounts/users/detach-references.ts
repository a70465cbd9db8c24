import { type EntityManager, In } from 'typeorm';
import { type AuditEvent } from '../../events/audit/audit.service';
import { changesBetween, type Fields } from '../../events/audit/changes';
import { now } from '../../core/time';
import { type Extension } from '../../schema/extension.entity';
import { UserTeam } from '../../schema/user-team.entity';
import { User } from '../../schema/user.entity';

/**
 * Takes a team that is deleted from all who have it, inside a transaction that holds the tenant.
 * @returns what to tell the audit, last in it: one deed for each user
 */
export async function detachTeamFromUsers(manager: EntityManager, teamId: number): Promise<AuditEvent[]> {
  const rows = await manager
    .createQueryBuilder(UserTeam, 'own')
    .innerJoin(UserTeam, 'each', 'each.user_id = own.user_id')
    .innerJoin(User, 'u', 'u.id = own.user_id')
    .select('u.username', 'username')
    .addSelect('each.team_id', 'id')
    .where('own.team_id = :teamId', { teamId })
    .orderBy('u.id')
    .addOrderBy('each.team_id')
    .getRawMany<{ username: string; id: number }>();
  const teams = new Map<string, number[]>();
  for (const { username, id } of rows) teams.set(username, [...(teams.get(username) ?? []), id]);
  await manager
    .createQueryBuilder()
    .update(User)
    .set({ updatedAt: now() })
    .where('id IN (SELECT user_id FROM user_teams WHERE team_id = :teamId)', { teamId })
    .execute();
  await manager.delete(UserTeam, { teamId });
  return [...teams].map(([username, before]) => {
    const after = before.filter((id) => id !== teamId);
    return updated(username, { team_ids: before }, { team_ids: after });
  });
}

/**
 * Takes deleted extensions that are removed for good from those whose own they were. As detachTeamFromUsers.
 */
export async function detachExtensionsFromUsers(
  manager: EntityManager,
  extensions: readonly Extension[],
): Promise<AuditEvent[]> {
  const numbers = new Map(extensions.map(({ id, extensionNumber }) => [id, extensionNumber]));
  const where = { extensionId: In([...numbers.keys()]) };
  const users = await manager.find(User, { where, order: { id: 'ASC' } });
  await manager.update(User, where, { extensionId: null, updatedAt: now() });
  return users.map(({ username, extensionId }) =>
    updated(username, { extension_number: numbers.get(extensionId ?? 0) }, { extension_number: null }),
  );
}

function updated(username: string, before: Fields, after: Fields): AuditEvent {
  const changes = changesBetween(before, after);
  return { action: 'updated', resourceType: 'user', resource: username, changes };
}
