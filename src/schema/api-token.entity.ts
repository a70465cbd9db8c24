import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Tenant } from './tenant.entity';
import { User } from './user.entity';
import { type Role, type Tier } from '../core/roles';

/**
 * A bearer token; only its hash is kept. One that belongs to a user can do what the user can at the time,
 * and what is said here narrows that.
 */
@Entity({ name: 'api_tokens' })
@Index('IDX_api_tokens_tenant', ['tenantId'])
@Index('IDX_api_tokens_user', ['userId'])
@Check('CHK_api_tokens_role', "role IN ('admin', 'supervisor', 'agent', 'read_only')")
@Check('CHK_api_tokens_pbx', "pbx IN ('viewer', 'operator', 'admin')")
@Check('CHK_api_tokens_holder', 'user_id IS NOT NULL OR (tenant_id IS NOT NULL AND role IS NOT NULL)')
export class ApiToken {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  /** Null for a platform operator's. */
  @Column({ name: 'tenant_id', type: 'integer', nullable: true })
  tenantId!: number | null;

  @ManyToOne(() => Tenant)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'FK_api_tokens_tenant' })
  tenant?: Tenant | null;

  /** Null for a token of the tenant itself. */
  @Column({ name: 'user_id', type: 'integer', nullable: true })
  userId!: number | null;

  @ManyToOne(() => User)
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'FK_api_tokens_user' })
  user?: User | null;

  @Column({ type: 'varchar', length: 100 })
  name!: string;

  /** Null: the user's. */
  @Column({ type: 'varchar', length: 16, nullable: true })
  role!: Role | null;

  /** Null: the role's usual tier. */
  @Column({ type: 'varchar', length: 16, nullable: true })
  pbx!: Tier | null;

  @Column({ name: 'pbx_api_access', type: 'boolean', default: true })
  pbxApiAccess!: boolean;

  /** SHA-256 of the secret part, hex. The secret is 40 random characters, so it needs no slow hash. */
  @Column({ name: 'secret_hash', type: 'varchar', length: 64 })
  secretHash!: string;

  /** Made by a login; such tokens end with the password they were made with. */
  @Column({ name: 'from_login', type: 'boolean', default: false })
  fromLogin!: boolean;

  /** Addresses and networks separated by commas; null: from anywhere. */
  @Column({ name: 'allowed_addresses', type: 'varchar', length: 1000, nullable: true })
  allowedAddresses!: string | null;

  /** Requests a minute on /api/pbx; null: as the settings say. */
  @Column({ name: 'rate_limit', type: 'integer', nullable: true })
  rateLimit!: number | null;

  @Column({ name: 'last_used_at', type: 'datetime', nullable: true })
  lastUsedAt!: Date | null;

  @Column({ name: 'last_used_from', type: 'varchar', length: 45, nullable: true })
  lastUsedFrom!: string | null;

  @Column({ name: 'expires_at', type: 'datetime', nullable: true })
  expiresAt!: Date | null;

  @Column({ name: 'revoked_at', type: 'datetime', nullable: true })
  revokedAt!: Date | null;

  @Column({ name: 'created_at', type: 'datetime' })
  createdAt!: Date;
}
