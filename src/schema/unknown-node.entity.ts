import { Column, Entity, type EntityManager, PrimaryColumn } from 'typeorm';

/** A FreeSWITCH that asked for users lately and is none of the nodes. */
@Entity({ name: 'unknown_nodes' })
export class UnknownNode {
  /** As it stands for a node in receipts (see askerName). */
  @PrimaryColumn({ type: 'varchar', length: 100 })
  name!: string;

  @Column({ type: 'varchar', length: 40 })
  hostname!: string;

  /** The address from which it asked. */
  @Column({ type: 'varchar', length: 45 })
  address!: string;

  @Column({ name: 'core_uuid', type: 'varchar', length: 36, nullable: true })
  coreUuid!: string | null;

  @Column({ name: 'first_asked_at', type: 'datetime' })
  firstAskedAt!: Date;

  /** To the minute. */
  @Column({ name: 'last_asked_at', type: 'datetime' })
  lastAskedAt!: Date;
}

/** All of them, by name. */
export function unknownNodes(manager: EntityManager): Promise<UnknownNode[]> {
  return manager.find(UnknownNode, { order: { name: 'ASC' } });
}
