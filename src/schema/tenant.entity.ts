import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { type CallerId } from './caller-id.entity';

export const TENANT_STATUSES = ['active', 'disabled'] as const;
export type TenantStatus = (typeof TENANT_STATUSES)[number];

/** An account: a company with its own SIP domain, extensions and tokens. */
@Entity({ name: 'tenants' })
@Index('UQ_tenants_domain', ['domain'], { unique: true })
@Index('IDX_tenants_default_caller_id', ['defaultCallerIdId'])
@Check('CHK_tenants_status', "status IN ('active', 'disabled')")
@Check('CHK_tenants_max_devices', 'max_devices BETWEEN 1 AND 10')
@Check('CHK_tenants_max_legs', 'max_legs BETWEEN 2 AND 100000')
export class Tenant {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', length: 100 })
  name!: string;

  /** The SIP domain and digest realm (see sip-domain.ts). */
  @Column({ type: 'varchar', length: 190 })
  domain!: string;

  @Column({ type: 'varchar', length: 16, default: 'active' })
  status!: TenantStatus;

  /** How many live extensions the tenant may have; null: as many as it likes. */
  @Column({ name: 'max_extensions', type: 'integer', nullable: true })
  maxExtensions!: number | null;

  /** How many devices an extension may have registered. */
  @Column({ name: 'max_devices', type: 'integer', default: 10 })
  maxDevices!: number;

  /** How many legs the tenant's calls may have on each node at one time. */
  @Column({ name: 'max_legs', type: 'integer', default: 400 })
  maxLegs!: number;

  /** The country calling code of numbers written with a leading 0. */
  @Column({ name: 'country_code', type: 'varchar', length: 3, default: '84' })
  countryCode!: string;

  /** Its own, with commas between them, instead of its country's; null: its country's (see emergency-numbers.ts). */
  @Column({ name: 'emergency_numbers', type: 'varchar', length: 190, nullable: true })
  emergencyNumbers!: string | null;

  /** One of the tenant's own: what extensions without an active caller ID present; null: nothing. */
  @Column({ name: 'default_caller_id_id', type: 'integer', nullable: true })
  defaultCallerIdId!: number | null;

  // By name: a caller ID knows its tenant, and an import back would close a circle.
  @ManyToOne('CallerId')
  @JoinColumn({ name: 'default_caller_id_id', foreignKeyConstraintName: 'FK_tenants_default_caller_id' })
  defaultCallerId?: CallerId | null;

  /** Whether passwords that anybody would guess are refused (see weak-password.ts). */
  @Column({ name: 'refuse_weak_passwords', type: 'boolean', default: true })
  refuseWeakPasswords!: boolean;

  @Column({ name: 'created_at', type: 'datetime' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'datetime' })
  updatedAt!: Date;
}
