import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Revocation } from './revocation.entity';

/** One node's part in a revocation: work while `verifiedAt` is null, then the receipt of it. */
@Entity({ name: 'revocation_nodes' })
@Index('IDX_revocation_nodes_pending', ['node', 'verifiedAt', 'revocationId'])
export class RevocationNode {
  @PrimaryColumn({ name: 'revocation_id', type: 'integer' })
  revocationId!: number;

  @ManyToOne(() => Revocation)
  @JoinColumn({ name: 'revocation_id', foreignKeyConstraintName: 'FK_revocation_nodes_revocation' })
  revocation!: Revocation;

  /** The node's name. */
  @PrimaryColumn({ type: 'varchar', length: 100 })
  node!: string;

  /** Entries removed from the node's user cache. */
  @Column({ name: 'flushed_entries', type: 'integer' })
  flushedEntries!: number;

  @Column({ name: 'dropped_contacts', type: 'integer' })
  droppedContacts!: number;

  /** Messages that were deleted with the mailbox. */
  @Column({ name: 'deleted_messages', type: 'integer', default: 0 })
  deletedMessages!: number;

  /** When the first pass was done. */
  @Column({ name: 'flushed_at', type: 'datetime', nullable: true })
  flushedAt!: Date | null;

  /** When the second pass was done, the node having been asked again. */
  @Column({ name: 'verified_at', type: 'datetime', nullable: true })
  verifiedAt!: Date | null;

  /** Passes begun, those that failed included. */
  @Column({ type: 'integer' })
  attempts!: number;

  /** The code of what the last pass failed with; null when it did not. */
  @Column({ name: 'last_error', type: 'varchar', length: 64, nullable: true })
  lastError!: string | null;

  /** The process that works on it; others leave it alone until then. */
  @Column({ name: 'claimed_by', type: 'varchar', length: 36, nullable: true })
  claimedBy!: string | null;

  @Column({ name: 'claimed_until', type: 'datetime', nullable: true })
  claimedUntil!: Date | null;
}

/** The ids of the revocations that these are parts of, by SIP user. */
export function idsByUser(nodes: readonly RevocationNode[]): Map<string, number> {
  return new Map(nodes.map(({ revocation, revocationId }) => [revocation.sipUser, revocationId]));
}
