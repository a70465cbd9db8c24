import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Tenant } from './tenant.entity';

export const REVOCATION_REASONS = [
  'deleted',
  'disabled',
  'password_changed',
  'changed',
  'unregistered',
] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

export const MAILBOX_STEPS = ['delete', 'refresh'] as const;
export type MailboxStep = (typeof MAILBOX_STEPS)[number];

/**
 * A change after which what nodes know of a user is no longer true. Written in the transaction that made
 * the change; what each node did about it stands in RevocationNode.
 */
@Entity({ name: 'revocations' })
@Index('IDX_revocations_tenant_user', ['tenantId', 'sipUser', 'id'])
@Index('IDX_revocations_created_at', ['createdAt'])
@Check(
  'CHK_revocations_reason',
  "reason IN ('deleted', 'disabled', 'password_changed', 'changed', 'unregistered')",
)
@Check('CHK_revocations_mailbox_step', "mailbox_step IN ('delete', 'refresh')")
export class Revocation {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'tenant_id', type: 'integer' })
  tenantId!: number;

  @ManyToOne(() => Tenant)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'FK_revocations_tenant' })
  tenant?: Tenant;

  @Column({ name: 'sip_user', type: 'varchar', length: 10 })
  sipUser!: string;

  @Column({ name: 'sip_domain', type: 'varchar', length: 190 })
  sipDomain!: string;

  @Column({ type: 'varchar', length: 24 })
  reason!: RevocationReason;

  /** True: the user's contacts go as well. */
  @Column({ name: 'drop_contacts', type: 'boolean' })
  dropContacts!: boolean;

  /** When set, only the contact with this id goes (see device-id.ts). */
  @Column({ type: 'varchar', length: 16, nullable: true })
  device!: string | null;

  /** The mailbox that nodes have something to do about, and what: its name in FreeSWITCH. */
  @Column({ type: 'varchar', length: 24, nullable: true })
  mailbox!: string | null;

  /** delete: it goes, with messages, greetings and a PIN set by telephone; refresh: the lamp, and such a PIN. */
  @Column({ name: 'mailbox_step', type: 'varchar', length: 8, nullable: true })
  mailboxStep!: MailboxStep | null;

  /** The process that made the change, which needs not be told of it. */
  @Column({ name: 'made_by', type: 'varchar', length: 36 })
  madeBy!: string;

  @Column({ name: 'created_at', type: 'datetime' })
  createdAt!: Date;
}
