import { type EntityManager } from 'typeorm';
import { type Extension } from '../../../schema/extension.entity';
import { rotationFlushes } from '../../revocations/receipts.service';
import { type Device, holdsPreviousPassword } from './device';

/** The database keeps whole seconds, cut off: a flush may have come that much later. */
const ROUNDING_MS = 1_000;

/**
 * Whether a device of the extension still holds on with the password from before the last rotation; null
 * when that is not known. The receipts of a rotation are kept for longer than any registration lasts.
 */
export async function previousPassword(
  manager: EntityManager,
  extension: Pick<Extension, 'tenantId' | 'extensionNumber' | 'passwordChangedAt'>,
): Promise<(device: Device) => boolean | null> {
  const { tenantId, extensionNumber, passwordChangedAt } = extension;
  if (!passwordChangedAt) return () => false;
  const flushes = await rotationFlushes(manager, tenantId, extensionNumber, passwordChangedAt);
  const changedAt = passwordChangedAt.getTime();
  return (device) => {
    const flushedAt = flushes.has(device.node) ? flushes.get(device.node) : passwordChangedAt;
    const forgottenAt = flushedAt ? flushedAt.getTime() + ROUNDING_MS : null;
    return holdsPreviousPassword(device, { changedAt, forgottenAt });
  };
}
