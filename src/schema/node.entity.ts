import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** `draining`: followed and revoked at like any other, but nothing new is to be placed on it. */
export const NODE_STATUSES = ['active', 'draining'] as const;
export type NodeStatus = (typeof NODE_STATUSES)[number];

/** A FreeSWITCH node, for all instances. A name that is removed and added again is another node. */
@Entity({ name: 'freeswitch_nodes' })
@Index('UQ_freeswitch_nodes_name', ['name'], { unique: true })
@Check('CHK_freeswitch_nodes_status', "status IN ('active', 'draining')")
export class FreeswitchNode {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', length: 64 })
  name!: string;

  /** Of the event socket; an IPv6 address without its brackets. */
  @Column({ type: 'varchar', length: 253 })
  host!: string;

  @Column({ type: 'integer' })
  port!: number;

  /** Of the event socket, sealed (see NodesService). */
  @Column({ type: 'text' })
  password!: string;

  @Column({ type: 'varchar', length: 16 })
  status!: NodeStatus;

  /** When what it held of users who may have no phone was unregistered; null: that is yet to be done. */
  @Column({ name: 'swept_at', type: 'datetime', nullable: true })
  sweptAt!: Date | null;

  @Column({ name: 'created_at', type: 'datetime' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'datetime' })
  updatedAt!: Date;
}
