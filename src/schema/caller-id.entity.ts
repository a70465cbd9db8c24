import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Tenant } from './tenant.entity';

export const CARRIERS = ['viettel', 'mobifone', 'vinaphone', 'vietnamobile', 'landline', 'other'] as const;
export type Carrier = (typeof CARRIERS)[number];

export const CLI_TYPES = ['mobile', 'fixed_02x', 'hotline_1900', 'hotline_1800', 'brandname'] as const;
export type CliType = (typeof CLI_TYPES)[number];

export const CALLER_ID_STATUSES = ['active', 'inactive'] as const;
export type CallerIdStatus = (typeof CALLER_ID_STATUSES)[number];

/** A number that the tenant may show on outbound calls. */
@Entity({ name: 'caller_ids' })
@Index('UQ_caller_ids_tenant_canonical', ['tenantId', 'canonicalNumber'], { unique: true })
@Check('CHK_caller_ids_status', "status IN ('active', 'inactive')")
export class CallerId {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'tenant_id', type: 'integer' })
  tenantId!: number;

  @ManyToOne(() => Tenant)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'FK_caller_ids_tenant' })
  tenant?: Tenant;

  /** As it was given; what answers show and carriers are sent. */
  @Column({ type: 'varchar', length: 16 })
  number!: string;

  /** E.164 without `+`; two ways to write one number meet here. */
  @Column({ name: 'canonical_number', type: 'varchar', length: 16 })
  canonicalNumber!: string;

  @Column({ name: 'display_name', type: 'varchar', length: 100, nullable: true })
  displayName!: string | null;

  @Column({ type: 'varchar', length: 16 })
  carrier!: Carrier;

  @Column({ name: 'cli_type', type: 'varchar', length: 16 })
  cliType!: CliType;

  @Column({ type: 'varchar', length: 16, default: 'active' })
  status!: CallerIdStatus;

  @Column({ name: 'created_at', type: 'datetime' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'datetime' })
  updatedAt!: Date;
}
