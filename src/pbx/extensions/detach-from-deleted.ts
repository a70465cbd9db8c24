import { type EntityManager, type FindOptionsWhere } from 'typeorm';
import { type AuditEvent } from '../../events/audit/audit.service';
import { changesBetween } from '../../events/audit/changes';
import { extensionFields } from './extension-fields';
import { Extension } from '../../schema/extension.entity';

/**
 * Takes a team or a caller ID that is deleted from extensions that are deleted already, which would come back with
 * it; inside a transaction that holds the tenant.
 * @returns what to tell the audit, last in it: one deed for each extension
 */
export async function detachFromDeleted(
  manager: EntityManager,
  having: FindOptionsWhere<Extension>,
  nothing: { teamId: null } | { outboundCallerIdId: null; outboundCallerIdAsSent: null },
): Promise<AuditEvent[]> {
  const extensions = await manager.find(Extension, { where: having, order: { id: 'ASC' } });
  await manager.update(Extension, having, nothing);
  return extensions.map((extension) => ({
    action: 'updated',
    resourceType: 'extension',
    resource: extension.extensionNumber,
    changes: changesBetween(extensionFields(extension), extensionFields({ ...extension, ...nothing })),
  }));
}
