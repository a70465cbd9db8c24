import { type EntityManager } from 'typeorm';
import { type AuditEvent } from '../../events/audit/audit.service';
import { now } from '../../core/time';
import { Tenant } from '../../schema/tenant.entity';
import { CallerId } from '../../schema/caller-id.entity';

/**
 * What the tenant's extensions without an active caller ID of their own present from now on; null: nothing.
 * @returns what is to be told of the one that was it before, if that is another
 */
export async function moveDefault(
  manager: EntityManager,
  tenant: Tenant,
  to: CallerId | null,
): Promise<AuditEvent[]> {
  const { id, defaultCallerIdId: from } = tenant;
  const before = from === null || from === to?.id ? null : await manager.findOneBy(CallerId, { id: from });
  await manager.update(Tenant, id, { defaultCallerIdId: to?.id ?? null, updatedAt: now() });
  return before ? [defaultChangedEvent(before, false)] : [];
}

export function defaultChangedEvent({ number }: CallerId, isDefault: boolean): AuditEvent {
  const changes = { is_default: { before: !isDefault, after: isDefault } };
  return { action: 'updated', resourceType: 'caller_id', resource: number, changes };
}
