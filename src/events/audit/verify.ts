import { And, type DataSource, type FindOperator, In, LessThan, LessThanOrEqual, MoreThan } from 'typeorm';
import { findNonCanonicalTimes } from '../../platform/database/raw-time';
import { AuditChain } from '../../schema/audit-chain.entity';
import { AuditEntry } from '../../schema/audit-entry.entity';
import { headMac, entryHash } from './chain';
import { type Changes } from './changes';

const AT_A_TIME = 1_000;
const MOST_TURNS = 5;

/** The platform and every tenant have a chain; so has whoever has entries. */
const MISSING = `
  SELECT o.id AS tenantId, COUNT(e.id) AS n
  FROM (SELECT 0 AS id UNION SELECT id FROM tenants UNION SELECT tenant_id FROM audit_entries) o
  LEFT JOIN audit_entries e ON e.tenant_id = o.id
  WHERE o.id NOT IN (SELECT tenant_id FROM audit_chains)
  GROUP BY o.id ORDER BY o.id`;

/** What is wrong with a tenant's chain, or nothing; the first that is found. */
export interface ChainVerification {
  tenantId: number;
  entries: number;
  wrong: string | null;
}

/** Follows every tenant's chain from end to end. */
export async function verifyAll(dataSource: DataSource, key: Buffer): Promise<ChainVerification[]> {
  const chains = await dataSource.manager.find(AuditChain, { order: { tenantId: 'ASC' } });
  const verdicts: ChainVerification[] = [];
  for (const chain of chains) verdicts.push(await verifyStill(dataSource, key, chain));
  const missing = await dataSource.query<{ tenantId: number; n: number | string }[]>(MISSING);
  const platform = verdicts.find(({ tenantId }) => tenantId === 0);
  const gone = platform?.wrong === null ? await goneWithoutTrace(dataSource) : [];
  const more = gone.filter((id) => !missing.some(({ tenantId }) => tenantId === id));
  for (const { tenantId, n } of [...missing, ...more.map((id) => ({ tenantId: id, n: 0 }))]) {
    verdicts.push({ tenantId, entries: Number(n), wrong: 'the record of its ends is missing' });
  }
  return verdicts;
}

/** Ids of tenants of whose making or end the platform's chain tells, which is good, and that have no chain. */
async function goneWithoutTrace(dataSource: DataSource): Promise<number[]> {
  const deed = { tenantId: 0, resourceType: 'tenant', action: In(['created', 'deleted']) };
  const told = await dataSource.manager.find(AuditEntry, { where: deed });
  const ids = told.map(({ changes }) => {
    const { id } = JSON.parse(changes) as Changes;
    return id?.before ?? id?.after;
  });
  const chains = await dataSource.manager.find(AuditChain);
  const held = new Set(chains.map(({ tenantId }) => tenantId));
  return [...new Set(ids)].filter((id) => typeof id === 'number').filter((id) => !held.has(id));
}

/** An entry that is added, or let go, meanwhile is no tampering: then the chain is followed once more. */
async function verifyStill(
  dataSource: DataSource,
  key: Buffer,
  first: AuditChain,
): Promise<ChainVerification> {
  let chain = first;
  for (let turn = 1; ; turn++) {
    const verdict = await verify(dataSource, key, chain);
    const now = await dataSource.manager.findOneBy(AuditChain, { tenantId: chain.tenantId });
    const moved = now !== null && now.seal !== chain.seal;
    if (verdict.wrong === null || !moved || turn === MOST_TURNS) return verdict;
    chain = now;
  }
}

async function verify(dataSource: DataSource, key: Buffer, chain: AuditChain): Promise<ChainVerification> {
  const { tenantId, firstSeq, lastSeq } = chain;
  const verdict = { tenantId, entries: 0, wrong: null };
  if (chain.seal !== headMac(key, chain)) return { ...verdict, wrong: 'the record of its ends was changed' };
  let [seq, hash] = [firstSeq - 1, chain.baseHash];
  for (;;) {
    const entries = await dataSource.manager.find(AuditEntry, {
      where: { tenantId, seq: And(MoreThan(seq), LessThanOrEqual(lastSeq)) },
      order: { seq: 'ASC' },
      take: AT_A_TIME,
    });
    for (const entry of entries) {
      seq += 1;
      if (entry.seq !== seq) return { ...verdict, wrong: `entry ${seq} is missing` };
      hash = entryHash(key, hash, entry);
      if (hash !== entry.hash) return { ...verdict, wrong: `entry ${seq} was changed` };
      verdict.entries += 1;
    }
    if (entries.length < AT_A_TIME) break;
  }
  if (seq < lastSeq) return { ...verdict, wrong: `entry ${seq + 1} is missing` };
  if (hash !== chain.lastHash) return { ...verdict, wrong: `entry ${lastSeq} was changed` };
  return { ...verdict, wrong: await strange(dataSource, chain) };
}

/** What following the chain does not come across. */
async function strange(
  dataSource: DataSource,
  { tenantId, firstSeq, lastSeq }: AuditChain,
): Promise<string | null> {
  const has = (seq: FindOperator<number>): Promise<boolean> =>
    dataSource.manager.existsBy(AuditEntry, { tenantId, seq });
  if (await has(MoreThan(lastSeq))) return `what comes after entry ${lastSeq} was added`;
  if (await has(LessThan(firstSeq))) return `what comes before entry ${firstSeq} was added`;
  // It reads as the same time, but is not found between the times that it stands between.
  const odd = await findNonCanonicalTimes(dataSource, AuditEntry, 'at').andWhere({ tenantId }).getOne();
  return odd && `entry ${odd.seq} was changed`;
}
