import { type EntityManager } from 'typeorm';
import { rowLock } from '../../platform/database/row-lock';
import { loadTenantLocked } from '../tenants/tenants.service';
import { User } from '../../schema/user.entity';

/**
 * The user's row, and before it the tenant's, held until the transaction ends: what is done to a user, or in his
 * name, is done one after another. Null for a user who is gone.
 */
export async function lockUser(
  manager: EntityManager,
  { id, tenantId }: Pick<User, 'id' | 'tenantId'>,
): Promise<User | null> {
  if (tenantId !== null) await loadTenantLocked(manager, tenantId);
  return manager.findOne(User, { where: { id }, ...rowLock(manager) });
}
