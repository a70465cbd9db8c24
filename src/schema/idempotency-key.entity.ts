import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** An Idempotency-Key that somebody used. A claim is its row: who claims a lapsed key makes a row of its own. */
@Entity({ name: 'idempotency_keys' })
@Index('UQ_idempotency_keys_scope_key', ['scope', 'keyHash'], { unique: true })
@Index('IDX_idempotency_keys_created_at', ['createdAt'])
export class IdempotencyKey {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  /** Whose key: `token 12`; of a login the user's, `login 7`. */
  @Column({ type: 'varchar', length: 24 })
  scope!: string;

  /** SHA-256, hex. */
  @Column({ name: 'key_hash', type: 'varchar', length: 64 })
  keyHash!: string;

  /** Of the request that used it first: HMAC-SHA256, hex. */
  @Column({ type: 'varchar', length: 64 })
  fingerprint!: string;

  /** While that request runs; null once its answer is kept. */
  @Column({ name: 'claimed_until', type: 'datetime', nullable: true })
  claimedUntil!: Date | null;

  @Column({ name: 'created_at', type: 'datetime' })
  createdAt!: Date;
}
