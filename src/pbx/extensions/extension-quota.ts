import { type EntityManager, IsNull, Not } from 'typeorm';
import { InvalidData } from '../../core/errors';
import { emergencyNumbersOf } from '../../core/emergency-numbers';
import { type Tenant } from '../../schema/tenant.entity';
import { IS_EMERGENCY } from '../../core/extension-number';
import { Extension } from '../../schema/extension.entity';

/**
 * @param tenant as lockTenant gave it
 * @throws InvalidData when the tenant may not have one more extension
 */
export async function assertExtensionQuota(
  manager: EntityManager,
  { id, maxExtensions }: Tenant,
): Promise<void> {
  if (maxExtensions === null) return;
  const live = await manager.countBy(Extension, { tenantId: id, liveNumber: Not(IsNull()) });
  if (live < maxExtensions) return;
  const sentence = `The account may not have more than ${maxExtensions} extensions.`;
  throw InvalidData.field('extension_number', sentence);
}

/** @throws InvalidData for one of the tenant's emergency numbers */
export function assertNotEmergencyNumber(tenant: Tenant, number: string): void {
  if (emergencyNumbersOf(tenant).includes(number)) throw InvalidData.field('extension_number', IS_EMERGENCY);
}
