import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Where a tenant's chain of audit entries begins and ends; held while entries are added. */
@Entity({ name: 'audit_chains' })
export class AuditChain {
  /** 0: what belongs to no tenant. No key: the entries outlive a tenant. */
  @PrimaryColumn({ name: 'tenant_id', type: 'integer' })
  tenantId!: number;

  /** The oldest entry that is kept. */
  @Column({ name: 'first_seq', type: 'integer' })
  firstSeq!: number;

  @Column({ name: 'last_seq', type: 'integer' })
  lastSeq!: number;

  /** Of the entry before the first. */
  @Column({ name: 'base_hash', type: 'varchar', length: 64 })
  baseHash!: string;

  @Column({ name: 'last_hash', type: 'varchar', length: 64 })
  lastHash!: string;

  /** Over all the above, with our key: ends cannot be moved by who can only write to the database. */
  @Column({ type: 'varchar', length: 64 })
  seal!: string;
}
