import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Tenant } from './tenant.entity';

export const IMPORT_ACTIONS = ['create', 'update', 'upsert'] as const;
export type ImportAction = (typeof IMPORT_ACTIONS)[number];

export const IMPORT_MODES = ['all_or_nothing', 'per_row'] as const;
export type ImportMode = (typeof IMPORT_MODES)[number];

export const IMPORT_STATUSES = ['queued', 'running', 'done', 'failed'] as const;
export type ImportStatus = (typeof IMPORT_STATUSES)[number];

/** An import of extensions: what was asked for, and how far it is. Its rows are in the memory of its process. */
@Entity({ name: 'import_jobs' })
@Index('IDX_import_jobs_tenant', ['tenantId', 'status'])
@Index('IDX_import_jobs_created_at', ['createdAt'])
@Check('CHK_import_jobs_action', "action IN ('create', 'update', 'upsert')")
@Check('CHK_import_jobs_mode', "mode IN ('all_or_nothing', 'per_row')")
@Check('CHK_import_jobs_status', "status IN ('queued', 'running', 'done', 'failed')")
export class ImportJob {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'tenant_id', type: 'integer' })
  tenantId!: number;

  @ManyToOne(() => Tenant)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'FK_import_jobs_tenant' })
  tenant?: Tenant;

  /** Whose token asked for it; null for a token of the tenant itself. */
  @Column({ name: 'user_id', type: 'integer', nullable: true })
  userId!: number | null;

  @Column({ name: 'token_id', type: 'integer' })
  tokenId!: number;

  /** SHA-256 of the scope that it was asked for with, hex: who sees less is not to see what it made. */
  @Column({ type: 'varchar', length: 64 })
  scope!: string;

  @Column({ type: 'varchar', length: 16 })
  action!: ImportAction;

  @Column({ type: 'varchar', length: 16 })
  mode!: ImportMode;

  @Column({ name: 'dry_run', type: 'boolean' })
  dryRun!: boolean;

  @Column({ type: 'varchar', length: 16 })
  status!: ImportStatus;

  /** Extensions, ranges expanded; so are the counts below. */
  @Column({ type: 'integer', default: 0 })
  total!: number;

  @Column({ type: 'integer', default: 0 })
  processed!: number;

  @Column({ type: 'integer', default: 0 })
  percent!: number;

  @Column({ type: 'integer', default: 0 })
  created!: number;

  @Column({ type: 'integer', default: 0 })
  updated!: number;

  @Column({ type: 'integer', default: 0 })
  unchanged!: number;

  @Column({ type: 'integer', default: 0 })
  failed!: number;

  @Column({ type: 'varchar', length: 255, nullable: true })
  message!: string | null;

  /** When the process that has it last said that it lives. */
  @Column({ name: 'heartbeat_at', type: 'datetime' })
  heartbeatAt!: Date;

  @Column({ name: 'created_at', type: 'datetime' })
  createdAt!: Date;

  @Column({ name: 'finished_at', type: 'datetime', nullable: true })
  finishedAt!: Date | null;
}

export const isOver = ({ status }: Pick<ImportJob, 'status'>): boolean =>
  status === 'done' || status === 'failed';
