import { type EntityManager } from 'typeorm';
import { RevocationNode } from '../../schema/revocation-node.entity';

/** Of these the node has work of its own. MySQL reads no table that it deletes from, but for what it has read before. */
const TWICE = `
  DELETE FROM revocation_nodes WHERE node = ? AND revocation_id IN
    (SELECT revocation_id FROM (SELECT revocation_id FROM revocation_nodes WHERE node = ?) AS own)`;

/**
 * Gives a node the work of the unknown FreeSWITCH that it has turned out to be.
 * @returns how many works that are
 */
export async function takeOver(manager: EntityManager, unknown: string, node: string): Promise<number> {
  const count = await manager.countBy(RevocationNode, { node: unknown });
  if (count === 0) return 0;
  await manager.query(TWICE, [unknown, node]);
  await manager.update(RevocationNode, { node: unknown }, { node, lastError: null });
  return count;
}
