import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { IdempotencyKey } from './idempotency-key.entity';

/** A piece of the sealed answer to the request that used a key first. */
@Entity({ name: 'idempotency_parts' })
export class IdempotencyPart {
  @PrimaryColumn({ name: 'key_id', type: 'integer' })
  keyId!: number;

  @ManyToOne(() => IdempotencyKey)
  @JoinColumn({ name: 'key_id', foreignKeyConstraintName: 'FK_idempotency_parts_key' })
  key?: IdempotencyKey;

  /** From 0. */
  @PrimaryColumn({ type: 'integer' })
  position!: number;

  @Column({ type: 'text' })
  sealed!: string;
}
