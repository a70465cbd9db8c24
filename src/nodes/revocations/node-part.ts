import { type RevocationNode } from '../../schema/revocation-node.entity';
import { type Standing } from '../registry/standing';

export const PART_STATUSES = ['pending', 'verified', 'removed', 'unknown'] as const;
export type PartStatus = (typeof PART_STATUSES)[number];

export const RECEIPT_STATUSES = ['pending', 'done', 'incomplete'] as const;
export type ReceiptStatus = (typeof RECEIPT_STATUSES)[number];

/** What a node did, or must still do, about a change. */
export type NodePart = Pick<
  RevocationNode,
  | 'node'
  | 'flushedEntries'
  | 'droppedContacts'
  | 'deletedMessages'
  | 'flushedAt'
  | 'verifiedAt'
  | 'attempts'
  | 'lastError'
> & {
  /** Read while it is not verified. */
  pendingSince: Date | null;
  standing: Standing;
};

/** How far a change is with all nodes together. */
export function receiptStatus(nodes: readonly Pick<NodePart, 'verifiedAt' | 'standing'>[]): ReceiptStatus {
  const statuses = nodes.map(partStatus);
  if (statuses.includes('pending')) return 'pending';
  return statuses.every((status) => status === 'verified') ? 'done' : 'incomplete';
}

/** How far it is with one of them. */
export function partStatus({ verifiedAt, standing }: Pick<NodePart, 'verifiedAt' | 'standing'>): PartStatus {
  if (verifiedAt !== null) return 'verified';
  return standing === 'node' ? 'pending' : standing;
}
