import { type EntityManager, In, IsNull, MoreThanOrEqual } from 'typeorm';
import { chunksOf } from '../../core/chunks';
import { now } from '../../core/time';
import { Extension } from '../../schema/extension.entity';
import { Tenant } from '../../schema/tenant.entity';
import { insertWork, INITIAL_COUNTS } from './new-work';
import { Revocation } from '../../schema/revocation.entity';
import { RevocationNode } from '../../schema/revocation-node.entity';

const AT_A_TIME = 500;

/** Users of one domain: numbers. */
export interface DomainUsers {
  domain: string;
  numbers: readonly string[];
}

/** What a node holds of users who may have no phone. */
export interface LeftBehind {
  /** Whose newest revocation is still kept: that has become work of the node. */
  revoked: number;
  /** The others, of whom no receipt can tell. */
  others: string[];
  /** Whether a tenant has the domain; else a node may know its users from elsewhere. */
  isTenants: boolean;
}

/** Only what has been changed so lately can a node's user cache still hold as it was; no setting makes it longer. */
const LONGEST_CACHE_MS = 40 * 60_000;

const AGAIN = { flushedAt: null, verifiedAt: null };
const UNCLAIMED = { lastError: null, claimedBy: null, claimedUntil: null };
const HAS_WORK = 'SELECT 1 FROM revocation_nodes n WHERE n.revocation_id = r.id AND n.node = :node';

/** Makes what was revoked lately, and was not the node's work, its work. */
export async function catchUp(manager: EntityManager, node: string): Promise<void> {
  const missing = await manager
    .createQueryBuilder(Revocation, 'r')
    .select('r.id', 'id')
    .where({ createdAt: MoreThanOrEqual(new Date(now().getTime() - LONGEST_CACHE_MS)) })
    .andWhere(`NOT EXISTS (${HAS_WORK})`, { node })
    .getRawMany<{ id: number }>();
  for (const some of chunksOf(missing, AT_A_TIME)) {
    const works = some.map(({ id }) => ({ revocationId: id, node, ...INITIAL_COUNTS, ...UNCLAIMED }));
    await insertWork(manager, works);
  }
}

/**
 * Finds who among a domain's users may have no phone, and makes the newest revocation of each, if it is kept, work of
 * the node, so that its receipt tells of it.
 */
export async function recordLeftBehind(
  manager: EntityManager,
  node: string,
  { domain, numbers }: DomainUsers,
): Promise<LeftBehind> {
  const tenant = await manager.findOneBy(Tenant, { domain });
  if (!tenant) return { revoked: 0, others: [...numbers], isTenants: false };
  const left: LeftBehind = { revoked: 0, others: [], isTenants: true };
  for (const some of chunksOf(numbers, AT_A_TIME)) {
    const unwanted = await withoutPhone(manager, tenant, some);
    const revocations = await newestRevocations(manager, tenant, unwanted);
    for (const number of unwanted) {
      const revocation = revocations.get(number);
      if (revocation) await makeWork(manager, node, revocation);
      if (revocation) left.revoked += 1;
      else left.others.push(number);
    }
  }
  return left;
}

async function withoutPhone(
  manager: EntityManager,
  { id, status }: Tenant,
  numbers: readonly string[],
): Promise<string[]> {
  if (status !== 'active') return [...numbers];
  const where = { tenantId: id, liveNumber: In(numbers), status: 'active' } as const;
  const rows = await manager.find(Extension, { select: { id: true, liveNumber: true }, where });
  const active = new Set(rows.map(({ liveNumber }) => liveNumber));
  return numbers.filter((number) => !active.has(number));
}

async function newestRevocations(
  manager: EntityManager,
  { id, domain }: Tenant,
  numbers: readonly string[],
): Promise<Map<string, Revocation>> {
  if (numbers.length === 0) return new Map();
  const found = await manager.find(Revocation, {
    where: { tenantId: id, sipUser: In(numbers), sipDomain: domain, dropContacts: true, device: IsNull() },
    order: { id: 'ASC' },
  });
  return new Map(found.map((revocation) => [revocation.sipUser, revocation]));
}

/** Anew, when the node had done it: a phone has come since. */
async function makeWork(manager: EntityManager, node: string, { id }: Revocation): Promise<void> {
  const key = { revocationId: id, node };
  const known = await manager.findOneBy(RevocationNode, key);
  if (!known) await insertWork(manager, [{ ...key, ...INITIAL_COUNTS, ...UNCLAIMED }]);
  else if (known.verifiedAt !== null) await manager.update(RevocationNode, key, { ...AGAIN, ...UNCLAIMED });
}
