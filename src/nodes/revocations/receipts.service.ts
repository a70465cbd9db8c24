import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In, MoreThanOrEqual } from 'typeorm';
import { type AuthContext } from '../../accounts/auth-context';
import { type RowRange } from '../../core/page';
import { namesNow } from '../registry/node-names';
import { type Standing, standingOf } from '../registry/standing';
import { requireNumberOnceUsed } from '../../accounts/scope/extension-queries';
import { Revocation } from '../../schema/revocation.entity';
import { RevocationNode } from '../../schema/revocation-node.entity';

/** A node's part, and what the node is by now. */
export type ReceiptNode = RevocationNode & { standing: Standing };

export type Receipt = [Revocation, ReceiptNode[]];

/** What nodes did, or must still do, about a number's changes. */
@Injectable()
export class ReceiptsService {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * The newest first, of every extension that has or had the number, and how many there are.
   * @throws NotFound for a number that the tenant never had
   */
  async list(account: AuthContext, number: string, { skip, take }: RowRange): Promise<[Receipt[], number]> {
    const { manager } = this.dataSource;
    const since = await requireNumberOnceUsed(manager, account, number);
    const where = {
      tenantId: account.tenantId,
      sipUser: number,
      ...(since && { createdAt: MoreThanOrEqual(since) }),
    };
    const [revocations, total] = await Promise.all([
      manager.find(Revocation, { where, order: { id: 'DESC' }, skip, take }),
      manager.countBy(Revocation, where),
    ]);
    const nodes = await this.nodesOf(revocations.map(({ id }) => id));
    const nodesOf = ({ id }: Revocation): ReceiptNode[] => nodes.filter((node) => node.revocationId === id);
    return [revocations.map((revocation) => [revocation, nodesOf(revocation)]), total];
  }

  /** In the order of their names, with their revocations. */
  async nodesOf(revocationIds: number[]): Promise<ReceiptNode[]> {
    if (revocationIds.length === 0) return [];
    const { manager } = this.dataSource;
    const [rows, names] = await Promise.all([
      manager.find(RevocationNode, {
        where: { revocationId: In(revocationIds) },
        relations: { revocation: true },
        order: { revocationId: 'ASC', node: 'ASC' },
      }),
      namesNow(manager),
    ]);
    return rows.map((row) => Object.assign(row, { standing: standingOf(row.node, names) }));
  }
}

/**
 * When each node let go of the password that was valid before the newest rotation at or after `since`:
 * null while it has yet to. A phone that registered on the node before that may have used the old one.
 * Empty when there was no rotation, or no node was configured.
 */
export async function rotationFlushes(
  manager: EntityManager,
  tenantId: number,
  number: string,
  since: Date,
): Promise<Map<string, Date | null>> {
  const rotation = await manager.findOne(Revocation, {
    where: { tenantId, sipUser: number, reason: 'password_changed', createdAt: MoreThanOrEqual(since) },
    order: { id: 'DESC' },
  });
  if (!rotation) return new Map();
  const nodes = await manager.findBy(RevocationNode, { revocationId: rotation.id });
  return new Map(nodes.map(({ node, flushedAt }) => [node, flushedAt]));
}
