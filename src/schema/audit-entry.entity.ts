import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { type ActorKind } from '../core/actor';

/**
 * What was done, by whom: an entry of the audit, and an event of the log that other processes follow (see event-log.ts).
 * Never changed; the oldest go when their time is over.
 */
@Entity({ name: 'audit_entries' })
@Index('UQ_audit_entries_tenant_seq', ['tenantId', 'seq'], { unique: true })
@Index('IDX_audit_entries_tenant_at', ['tenantId', 'at'])
@Index('IDX_audit_entries_tenant_resource', ['tenantId', 'resource', 'seq'])
export class AuditEntry {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  /** 0: of no tenant. */
  @Column({ name: 'tenant_id', type: 'integer' })
  tenantId!: number;

  /** 1, 2, 3… in the tenant, without gaps. */
  @Column({ type: 'integer' })
  seq!: number;

  @Column({ type: 'datetime' })
  at!: Date;

  @Column({ name: 'actor_kind', type: 'varchar', length: 16 })
  actorKind!: ActorKind;

  @Column({ name: 'actor_id', type: 'integer', nullable: true })
  actorId!: number | null;

  @Column({ name: 'actor_name', type: 'varchar', length: 100 })
  actorName!: string;

  @Column({ name: 'token_id', type: 'integer', nullable: true })
  tokenId!: number | null;

  @Column({ type: 'varchar', length: 45, nullable: true })
  address!: string | null;

  @Column({ name: 'request_id', type: 'varchar', length: 64, nullable: true })
  requestId!: string | null;

  /** As in `updated`. */
  @Column({ type: 'varchar', length: 32 })
  action!: string;

  /** As in `extension`. */
  @Column({ name: 'resource_type', type: 'varchar', length: 16 })
  resourceType!: string;

  /** Its number, name or id. */
  @Column({ type: 'varchar', length: 190 })
  resource!: string;

  /** JSON: the fields that changed, each with `before` and `after`. */
  @Column({ type: 'text' })
  changes!: string;

  /**
   * What nodes had to forget: the tenant's revocations of these ids and those between, which one transaction
   * made while it held the tenant. Null when nothing, or no node is configured.
   */
  @Column({ name: 'first_revocation_id', type: 'integer', nullable: true })
  firstRevocationId!: number | null;

  @Column({ name: 'last_revocation_id', type: 'integer', nullable: true })
  lastRevocationId!: number | null;

  /** HMAC-SHA256 over this and the hash before, hex (see chain.ts). */
  @Column({ type: 'varchar', length: 64 })
  hash!: string;

  /** The process that wrote it, which needs not be told of it; null: an older version. No hash covers it. */
  @Column({ type: 'varchar', length: 36, nullable: true, select: false })
  origin!: string | null;

  /**
   * Where the resource is not an extension itself: the numbers of those that the change concerns, as in `1001,1002`,
   * or `*` for all of the tenant; null: none. No hash covers it.
   */
  @Column({ type: 'text', nullable: true, select: false })
  affected!: string | null;
}
