import { type EntityManager, IsNull, Not } from 'typeorm';
import { FieldInvalid } from '../../core/errors';
import { emergencyNumbersOf } from '../../core/emergency-numbers';
import { type Tenant } from '../../schema/tenant.entity';
import { Extension } from '../../schema/extension.entity';

/**
 * @param tenant as lockTenant gave it
 * @throws FieldInvalid when the tenant may not have one more extension
 */
export async function assertExtensionQuota(
  manager: EntityManager,
  { id, maxExtensions }: Tenant,
): Promise<void> {
  if (maxExtensions === null) return;
  const live = await manager.countBy(Extension, { tenantId: id, liveNumber: Not(IsNull()) });
  if (live < maxExtensions) return;
  throw new FieldInvalid({ field: 'extensionNumber', code: 'quota_reached', max: maxExtensions });
}

/** @throws FieldInvalid for one of the tenant's emergency numbers */
export function assertNotEmergencyNumber(tenant: Tenant, number: string): void {
  if (!emergencyNumbersOf(tenant).includes(number)) return;
  throw new FieldInvalid({ field: 'extensionNumber', code: 'emergency_number' });
}
