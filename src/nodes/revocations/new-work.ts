import { type EntityManager } from 'typeorm';
import { RevocationNode } from '../../schema/revocation-node.entity';

/** Of a node's part in a revocation before its first pass. */
export const INITIAL_COUNTS = {
  flushedEntries: 0,
  droppedContacts: 0,
  deletedMessages: 0,
  attempts: 0,
  flushedAt: null,
  verifiedAt: null,
};

/** Writes many rows at once; save() and insert() read them back by a condition too deep for SQLite. */
export async function insertWork(
  manager: EntityManager,
  rows: readonly Omit<RevocationNode, 'revocation'>[],
): Promise<void> {
  await manager
    .createQueryBuilder()
    .insert()
    .into(RevocationNode)
    .values([...rows])
    .updateEntity(false)
    .execute();
}
