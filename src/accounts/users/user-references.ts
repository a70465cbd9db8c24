import { type EntityManager, In } from 'typeorm';
import { FieldInvalid } from '../../core/errors';
import { Extension } from '../../schema/extension.entity';
import { Team } from '../../schema/team.entity';
import { UserTeam } from '../../schema/user-team.entity';
import { type User } from '../../schema/user.entity';

/** @throws FieldInvalid when the tenant has no such extension */
export async function extensionIdOf(
  manager: EntityManager,
  tenantId: number | null,
  number: string | null,
): Promise<number | null> {
  if (number === null || tenantId === null) return null;
  const extension = await manager.findOneBy(Extension, { tenantId, liveNumber: number });
  if (!extension) throw new FieldInvalid({ field: 'extensionNumber', code: 'not_found' });
  return extension.id;
}

/** @throws FieldInvalid when one of the teams is none of the user's tenant */
export async function setTeams(manager: EntityManager, user: User, ids: number[]): Promise<void> {
  const wanted = [...new Set(ids)];
  const found =
    wanted.length > 0 && user.tenantId !== null
      ? await manager.countBy(Team, { id: In(wanted), tenantId: user.tenantId })
      : 0;
  if (found !== wanted.length) throw new FieldInvalid({ field: 'teamIds', code: 'not_found' });
  await manager.delete(UserTeam, { userId: user.id });
  if (wanted.length > 0) {
    await manager.insert(
      UserTeam,
      wanted.map((teamId) => ({ userId: user.id, teamId })),
    );
  }
}
