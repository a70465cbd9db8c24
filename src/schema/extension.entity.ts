import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { CallerId } from './caller-id.entity';
import { Team } from './team.entity';
import { Tenant } from './tenant.entity';

export const RECORDING_MODES = ['none', 'inbound', 'outbound', 'all'] as const;
export type RecordingMode = (typeof RECORDING_MODES)[number];

export const EXTENSION_STATUSES = ['active', 'disabled'] as const;
export type ExtensionStatus = (typeof EXTENSION_STATUSES)[number];

/** A SIP user of a tenant. A deleted one keeps its row and gives its number back. */
@Entity({ name: 'extensions' })
@Index('UQ_extensions_tenant_live_number', ['tenantId', 'liveNumber'], { unique: true })
@Index('IDX_extensions_listing', ['tenantId', 'liveNumber', 'displayName', 'status', 'teamId'])
@Index('IDX_extensions_tenant_number', ['tenantId', 'extensionNumber'])
@Index('IDX_extensions_team', ['teamId'])
@Index('IDX_extensions_caller_id', ['outboundCallerIdId'])
@Index('IDX_extensions_deleted_at', ['deletedAt'])
@Check('CHK_extensions_status', "status IN ('active', 'disabled')")
@Check('CHK_extensions_recording_mode', "recording_mode IN ('none', 'inbound', 'outbound', 'all')")
@Check('CHK_extensions_max_concurrent', 'max_concurrent BETWEEN 1 AND 10')
@Check(
  'CHK_extensions_live_number',
  '(deleted_at IS NULL AND live_number IS NOT NULL AND live_number = extension_number) OR (deleted_at IS NOT NULL AND live_number IS NULL)',
)
export class Extension {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'tenant_id', type: 'integer' })
  tenantId!: number;

  @ManyToOne(() => Tenant)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'FK_extensions_tenant' })
  tenant?: Tenant;

  @Column({ name: 'extension_number', type: 'varchar', length: 10 })
  extensionNumber!: string;

  /**
   * The number while the extension lives, null once it is deleted: nulls never collide, so the
   * unique index over it holds for live numbers only, on every database.
   */
  @Column({ name: 'live_number', type: 'varchar', length: 10, nullable: true })
  liveNumber!: string | null;

  @Column({ name: 'display_name', type: 'varchar', length: 100, nullable: true })
  displayName!: string | null;

  @Column({ name: 'team_id', type: 'integer', nullable: true })
  teamId!: number | null;

  @ManyToOne(() => Team)
  @JoinColumn({ name: 'team_id', foreignKeyConstraintName: 'FK_extensions_team' })
  team?: Team | null;

  @Column({ name: 'voicemail_enabled', type: 'boolean', default: false })
  voicemailEnabled!: boolean;

  /** Sealed (see sealed-box.ts). */
  @Column({ name: 'voicemail_pin', type: 'varchar', length: 255, nullable: true })
  voicemailPin!: string | null;

  /** The name under which FreeSWITCH keeps its messages and greetings; no later owner of the number has it. */
  @Column({ type: 'varchar', length: 24 })
  mailbox!: string;

  /** Where new messages are mailed; an older version took what FreeSWITCH's mailer does not (see voicemail-rules.ts). */
  @Column({ name: 'voicemail_email', type: 'varchar', length: 254, nullable: true })
  voicemailEmail!: string | null;

  @Column({ name: 'outbound_caller_id_id', type: 'integer', nullable: true })
  outboundCallerIdId!: number | null;

  @ManyToOne(() => CallerId)
  @JoinColumn({ name: 'outbound_caller_id_id', foreignKeyConstraintName: 'FK_extensions_caller_id' })
  outboundCallerId?: CallerId | null;

  /** The caller ID's number in the form the client sent it. */
  @Column({ name: 'outbound_caller_id_as_sent', type: 'varchar', length: 17, nullable: true })
  outboundCallerIdAsSent!: string | null;

  @Column({ name: 'recording_mode', type: 'varchar', length: 16, default: 'none' })
  recordingMode!: RecordingMode;

  @Column({ type: 'varchar', length: 16, default: 'active' })
  status!: ExtensionStatus;

  @Column({ name: 'max_concurrent', type: 'integer', default: 2 })
  maxConcurrent!: number;

  @Column({ name: 'tls_enabled', type: 'boolean', default: false })
  tlsEnabled!: boolean;

  /** The A1 hash, sealed (see sealed-box.ts). */
  @Column({ type: 'varchar', length: 255 })
  a1!: string;

  /** Null until the first rotation. */
  @Column({ name: 'password_changed_at', type: 'datetime', nullable: true })
  passwordChangedAt!: Date | null;

  @Column({ name: 'created_at', type: 'datetime' })
  createdAt!: Date;

  /** Since when it has had the number: made, or brought back. */
  @Column({ name: 'live_since', type: 'datetime' })
  liveSince!: Date;

  @Column({ name: 'updated_at', type: 'datetime' })
  updatedAt!: Date;

  @Column({ name: 'deleted_at', type: 'datetime', nullable: true })
  deletedAt!: Date | null;
}
