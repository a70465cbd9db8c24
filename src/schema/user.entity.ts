import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { type Role, type Tier } from '../core/roles';
import { Extension } from './extension.entity';
import { Tenant } from './tenant.entity';

export const USER_STATUSES = ['active', 'disabled'] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

/** Somebody who can log in: a person of a tenant, or an operator of the platform, who belongs to none. */
@Entity({ name: 'users' })
@Index('UQ_users_username', ['username'], { unique: true })
@Index('IDX_users_tenant', ['tenantId'])
@Index('IDX_users_extension', ['extensionId'])
@Check('CHK_users_role', "role IN ('admin', 'supervisor', 'agent', 'read_only', 'operator')")
@Check('CHK_users_pbx', "pbx IN ('viewer', 'operator', 'admin')")
@Check('CHK_users_status', "status IN ('active', 'disabled')")
@Check(
  'CHK_users_tenant',
  "(role = 'operator' AND tenant_id IS NULL) OR (role <> 'operator' AND tenant_id IS NOT NULL)",
)
export class User {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'tenant_id', type: 'integer', nullable: true })
  tenantId!: number | null;

  @ManyToOne(() => Tenant)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'FK_users_tenant' })
  tenant?: Tenant | null;

  /** In lower case; unique in the whole installation, since a login names no tenant. */
  @Column({ type: 'varchar', length: 100 })
  username!: string;

  @Column({ type: 'varchar', length: 254, nullable: true })
  email!: string | null;

  @Column({ type: 'varchar', length: 16 })
  role!: Role | 'operator';

  /** Null: the role's usual tier. */
  @Column({ type: 'varchar', length: 16, nullable: true })
  pbx!: Tier | null;

  @Column({ name: 'pbx_api_access', type: 'boolean', default: true })
  pbxApiAccess!: boolean;

  @Column({ type: 'varchar', length: 16, default: 'active' })
  status!: UserStatus;

  /** Argon2id, with its parameters. */
  @Column({ name: 'password_hash', type: 'varchar', length: 255 })
  passwordHash!: string;

  /** An agent's own. */
  @Column({ name: 'extension_id', type: 'integer', nullable: true })
  extensionId!: number | null;

  @ManyToOne(() => Extension)
  @JoinColumn({ name: 'extension_id', foreignKeyConstraintName: 'FK_users_extension' })
  extension?: Extension | null;

  @Column({ name: 'last_login_at', type: 'datetime', nullable: true })
  lastLoginAt!: Date | null;

  @Column({ name: 'created_at', type: 'datetime' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'datetime' })
  updatedAt!: Date;
}
