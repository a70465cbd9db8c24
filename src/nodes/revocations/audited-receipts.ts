import { setImmediate as nextTurn } from 'node:timers/promises';
import { type DataSource } from 'typeorm';
import { chunksOf } from '../../core/chunks';
import { rawTime } from '../../platform/database/raw-time';
import { namesNow } from '../registry/node-names';
import { standingOf } from '../registry/standing';
import { type NodePart } from './node-part';
import { type AuditEntry } from '../../schema/audit-entry.entity';

/** What a node did about one entry, over all the users that it had to forget. */
export interface AuditedNode extends NodePart {
  users: number;
  /** Of these, those of whom it is not verified. */
  pending: number;
}

type RawTimes = Record<'flushedAt' | 'verifiedAt' | 'pendingSince', Date | string | null>;
type RawCounts = Record<
  | 'entryId'
  | 'users'
  | 'pending'
  | 'unflushed'
  | 'flushedEntries'
  | 'droppedContacts'
  | 'deletedMessages'
  | 'attempts',
  number | string
>;
type Raw = RawTimes & RawCounts & Pick<AuditedNode, 'node' | 'lastError'>;

/**
 * What nodes did about one entry. Its bounds are constants: in a join with the entries databases go through all
 * receipts of the tenant for each, and the + has SQLite not take the tenant's index for them. Kicks are made without holding the tenant, and may have come between.
 */
const SUMS = `
  SELECT ? AS entryId, n.node AS node, COUNT(*) AS users,
    SUM(CASE WHEN n.verified_at IS NULL THEN 1 ELSE 0 END) AS pending,
    SUM(CASE WHEN n.flushed_at IS NULL THEN 1 ELSE 0 END) AS unflushed,
    SUM(n.flushed_entries) AS flushedEntries, SUM(n.dropped_contacts) AS droppedContacts,
    SUM(n.deleted_messages) AS deletedMessages,
    MAX(n.flushed_at) AS flushedAt, MAX(n.verified_at) AS verifiedAt,
    MIN(CASE WHEN n.verified_at IS NULL THEN r.created_at END) AS pendingSince,
    MAX(n.attempts) AS attempts, MAX(n.last_error) AS lastError
  FROM revocations r JOIN revocation_nodes n ON n.revocation_id = r.id
  WHERE r.id BETWEEN ? AND ? AND +r.tenant_id = ? AND (r.reason <> 'unregistered' OR ?)
  GROUP BY n.node`;
/** SQLite takes 500 such parts in one statement. */
const AT_A_TIME = 100;

/** By the entry's id, each node in the order of their names; entries that nodes had nothing to do with are left out. */
export async function auditedNodes(
  dataSource: DataSource,
  entries: readonly AuditEntry[],
): Promise<Map<number, AuditedNode[]>> {
  const concerned = entries.filter(({ firstRevocationId }) => firstRevocationId !== null);
  const found = new Map<number, AuditedNode[]>();
  if (concerned.length === 0) return found;
  const names = await namesNow(dataSource.manager);
  for (const some of chunksOf(concerned, AT_A_TIME)) {
    const parameters = some.flatMap(({ id, firstRevocationId, lastRevocationId, tenantId, action }) => [
      ...[id, firstRevocationId, lastRevocationId, tenantId],
      action === 'unregistered' ? 1 : 0,
    ]);
    const rows = await dataSource.query<Raw[]>(some.map(() => SUMS).join(' UNION ALL '), parameters);
    // The embedded database answers in one go, and others want their turn.
    await nextTurn();
    for (const row of rows) {
      const id = Number(row.entryId);
      found.set(id, [...(found.get(id) ?? []), nodeFrom(row, names)]);
    }
  }
  for (const nodes of found.values()) nodes.sort((one, other) => (one.node < other.node ? -1 : 1));
  return found;
}

function nodeFrom(row: Raw, names: ReadonlySet<string>): AuditedNode {
  const time = (at: Date | string | null): Date | null => (at === null ? null : rawTime(at));
  const [pending, unflushed] = [Number(row.pending), Number(row.unflushed)];
  return {
    node: row.node,
    standing: standingOf(row.node, names),
    users: Number(row.users),
    pending,
    flushedEntries: Number(row.flushedEntries),
    droppedContacts: Number(row.droppedContacts),
    deletedMessages: Number(row.deletedMessages),
    flushedAt: unflushed === 0 ? time(row.flushedAt) : null,
    verifiedAt: pending === 0 ? time(row.verifiedAt) : null,
    pendingSince: time(row.pendingSince),
    attempts: Number(row.attempts),
    lastError: row.lastError,
  };
}
