import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type Actor, SYSTEM } from '../../core/actor';
import { AuditService, type AuditEvent } from '../../events/audit/audit.service';
import { changesBetween } from '../../events/audit/changes';
import { NotFound } from '../../core/errors';
import { now } from '../../core/time';
import { brokenUnique } from '../../platform/database/codes';
import { rejectDuplicate } from '../../platform/database/unique-violation';
import { Transactions } from '../../platform/database/transactions';
import { type NodeAddress } from '../../freeswitch/node-address';
import { SealedBox } from '../../platform/secrets/sealed-box';
import { FreeswitchNode, type NodeStatus } from '../../schema/node.entity';

/** The FreeSWITCH nodes as they stand in the database; NodesWatcher has this process follow them. */
@Injectable()
export class NodesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly audit: AuditService,
    private readonly box: SealedBox,
  ) {}

  /** In the order in which they were added. */
  list(): Promise<FreeswitchNode[]> {
    return this.dataSource.manager.find(FreeswitchNode, { order: { id: 'ASC' } });
  }

  /** @throws NotFound */
  async detail(name: string): Promise<FreeswitchNode> {
    return required(await this.dataSource.manager.findOneBy(FreeswitchNode, { name }));
  }

  /** @throws CannotUnseal */
  addressOf({ name, host, port, password }: FreeswitchNode): NodeAddress {
    return { name, host, port, password: this.box.unseal(password, placeOf(name)) };
  }

  /** @throws FieldInvalid when the name is taken */
  add(address: NodeAddress, actor: Actor): Promise<FreeswitchNode> {
    return rejectDuplicate('name', () =>
      this.transactions.run(async (manager) => {
        const node = await manager.save(FreeswitchNode, this.row(manager, address));
        await this.audit.record(manager, 0, actor, [created(node)]);
        return node;
      }),
    );
  }

  /** What it had still to do stays pending in no receipt. @throws NotFound */
  remove(name: string, actor: Actor): Promise<void> {
    return this.transactions.run(async (manager) => {
      const node = required(await manager.findOneBy(FreeswitchNode, { name }));
      await manager.delete(FreeswitchNode, { id: node.id });
      const changes = changesBetween(nodeFields(node), null);
      await this.audit.record(manager, 0, actor, [
        { action: 'deleted', resourceType: 'node', resource: name, changes },
      ]);
    });
  }

  /** @throws NotFound */
  setStatus(name: string, status: NodeStatus, actor: Actor): Promise<FreeswitchNode> {
    return this.transactions.run(async (manager) => {
      const node = required(await manager.findOneBy(FreeswitchNode, { name }));
      const changed = { ...node, status, updatedAt: now() };
      const changes = changesBetween(nodeFields(node), nodeFields(changed));
      if (Object.keys(changes).length === 0) return node;
      await manager.update(FreeswitchNode, { id: node.id }, { status, updatedAt: changed.updatedAt });
      await this.audit.record(manager, 0, actor, [
        { action: 'updated', resourceType: 'node', resource: name, changes },
      ]);
      return changed;
    });
  }

  /** Adds the nodes of the setting FREESWITCH_NODES while there is none. */
  async fill(addresses: readonly NodeAddress[]): Promise<void> {
    if (addresses.length === 0) return;
    try {
      await this.transactions.run(async (manager) => {
        if ((await manager.count(FreeswitchNode)) > 0) return;
        const nodes = addresses.map((address) => this.row(manager, address));
        for (const node of nodes) await manager.save(FreeswitchNode, node);
        await this.audit.record(manager, 0, SYSTEM, nodes.map(created));
      });
    } catch (error) {
      // Another process that starts at the same time was first.
      if (!brokenUnique(error)) throw error;
    }
  }

  private row(manager: EntityManager, { name, host, port, password }: NodeAddress): FreeswitchNode {
    const [createdAt, updatedAt] = [now(), now()];
    const sealed = this.box.seal(password, placeOf(name));
    return manager.create(FreeswitchNode, {
      ...{ name, host, port, password: sealed, status: 'active', sweptAt: null, createdAt, updatedAt },
    });
  }
}

const placeOf = (name: string): string => `ESL password of node ${name}`;

function required(node: FreeswitchNode | null): FreeswitchNode {
  if (!node) throw new NotFound();
  return node;
}

/** What the audit tells of a node: never its password. */
function nodeFields({ host, port, status }: FreeswitchNode): Record<string, unknown> {
  return { host, port, status };
}

function created(node: FreeswitchNode): AuditEvent {
  const changes = changesBetween(null, nodeFields(node));
  return { action: 'created', resourceType: 'node', resource: node.name, changes };
}
