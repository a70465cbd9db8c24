import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/**
 * What one node must still do to forget what it knew of one user. Written in the transaction that
 * made the change, removed when the node has done it.
 */
@Entity({ name: 'revocations' })
@Index('IDX_revocations_node', ['node', 'id'])
export class Revocation {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  /** The node's name in FREESWITCH_NODES. */
  @Column({ type: 'varchar', length: 100 })
  node!: string;

  @Column({ name: 'sip_user', type: 'varchar', length: 10 })
  sipUser!: string;

  @Column({ name: 'sip_domain', type: 'varchar', length: 190 })
  sipDomain!: string;

  /** True: the user may no longer have a phone, so its contacts go as well. */
  @Column({ name: 'drop_contacts', type: 'boolean' })
  dropContacts!: boolean;

  @Column({ name: 'created_at', type: 'datetime' })
  createdAt!: Date;
}
