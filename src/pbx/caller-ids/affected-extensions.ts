import { type EntityManager, IsNull, Not } from 'typeorm';
import { Extension } from '../../schema/extension.entity';
import { type Change } from '../../nodes/revocations/revocation-store';

/** So many at most are told at once of a change of what they present. */
const MOST_TOLD = 1_000;

/** Who is concerned: those that have this caller ID (by id), and those without an active one of their own. */
export interface AffectedExtension {
  having: number | null;
  withoutOwn: boolean;
}

/**
 * The users of whom nodes must forget what they present outside: 1,000 at most, in the order of their
 * numbers. Beyond that nodes learn of it when what they keep of a user runs out (DIRECTORY_CACHE_MS).
 */
export async function affectedExtensions(
  manager: EntityManager,
  tenant: { id: number; domain: string },
  { having, withoutOwn }: AffectedExtension,
): Promise<Change[]> {
  const numbers = [
    ...(having === null ? [] : await withCallerId(manager, tenant.id, having)),
    ...(withoutOwn ? await withoutCallerId(manager, tenant.id) : []),
  ];
  return [...new Set(numbers)]
    .sort()
    .slice(0, MOST_TOLD)
    .map((sipUser) => ({
      tenantId: tenant.id,
      sipUser,
      sipDomain: tenant.domain,
      reason: 'changed',
      dropContacts: false,
    }));
}

async function withCallerId(
  manager: EntityManager,
  tenantId: number,
  outboundCallerIdId: number,
): Promise<string[]> {
  const rows = await manager.find(Extension, {
    select: { extensionNumber: true },
    where: { tenantId, outboundCallerIdId, liveNumber: Not(IsNull()), status: 'active' },
    order: { liveNumber: 'ASC' },
    take: MOST_TOLD,
  });
  return rows.map(({ extensionNumber }) => extensionNumber);
}

async function withoutCallerId(manager: EntityManager, tenantId: number): Promise<string[]> {
  const rows = await manager
    .createQueryBuilder(Extension, 'e')
    .select('e.live_number', 'number')
    .leftJoin('e.outboundCallerId', 'c', "c.status = 'active'")
    .where("e.tenant_id = :tenantId AND e.live_number IS NOT NULL AND e.status = 'active'", { tenantId })
    .andWhere('c.id IS NULL')
    .orderBy('e.live_number')
    .limit(MOST_TOLD)
    .getRawMany<{ number: string }>();
  return rows.map(({ number }) => number);
}
