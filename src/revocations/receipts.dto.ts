import { ApiProperty } from '@nestjs/swagger';
import { Page } from '../common/page';
import { isoTime } from '../common/time';
import { type Receipt } from './receipts.service';
import { REVOCATION_REASONS } from './revocation.entity';
import { type RevocationNode } from './revocation-node.entity';

const TIME = { type: 'string', format: 'date-time', nullable: true } as const;

export class NodeReceiptDto {
  @ApiProperty({ example: 'fs1' })
  node!: string;

  @ApiProperty({ enum: ['pending', 'verified'] })
  status!: string;

  @ApiProperty({ type: 'integer', description: "Entries that went from the node's user cache." })
  flushed_entries!: number;

  @ApiProperty({ type: 'integer', description: 'Registrations that were put out.' })
  dropped_contacts!: number;

  @ApiProperty({ ...TIME, description: 'When the node had done what the change demands.' })
  flushed_at!: string | null;

  @ApiProperty({ ...TIME, description: 'When the node, asked again, had nothing old any more.' })
  verified_at!: string | null;

  @ApiProperty({ ...TIME, description: 'When the change was made, while the node is not verified.' })
  pending_since!: string | null;

  @ApiProperty({ type: 'integer', description: 'How often it was begun.' })
  attempts!: number;

  @ApiProperty({ type: 'string', nullable: true, example: 'ESL_NOT_READY', description: 'Of the last time.' })
  last_error!: string | null;
}

export class ReceiptDto {
  @ApiProperty({ enum: REVOCATION_REASONS })
  reason!: string;

  @ApiProperty({ format: 'date-time' })
  requested_at!: string;

  @ApiProperty({ enum: ['pending', 'done'], description: '`done` when every node is verified.' })
  status!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'The one device that was put out.' })
  device!: string | null;

  @ApiProperty({ type: [NodeReceiptDto] })
  nodes!: NodeReceiptDto[];
}

export class ReceiptPage extends Page {
  @ApiProperty({ type: [ReceiptDto] })
  data!: ReceiptDto[];
}

export class UnregisteredDto {
  @ApiProperty({ enum: [true] })
  unregistered!: true;

  @ApiProperty({ type: [NodeReceiptDto], description: 'As it stands now; what is pending goes on.' })
  nodes!: NodeReceiptDto[];
}

export class UnregisteredAnswer {
  @ApiProperty()
  data!: UnregisteredDto;
}

export function mapReceipt([revocation, nodes]: Receipt): ReceiptDto {
  return {
    reason: revocation.reason,
    requested_at: isoTime(revocation.createdAt),
    status: nodes.every(({ verifiedAt }) => verifiedAt !== null) ? 'done' : 'pending',
    device: revocation.device,
    nodes: nodes.map(mapNode),
  };
}

/** What is told of a node's part. */
export type NodePart = Pick<
  RevocationNode,
  'node' | 'flushedEntries' | 'droppedContacts' | 'flushedAt' | 'verifiedAt' | 'attempts' | 'lastError'
> & {
  /** Read while it is not verified. */
  pendingSince: Date | null;
};

export function mapPart(node: NodePart): NodeReceiptDto {
  const timeOrNull = (time: Date | null): string | null => (time === null ? null : isoTime(time));
  return {
    node: node.node,
    status: node.verifiedAt === null ? 'pending' : 'verified',
    flushed_entries: node.flushedEntries,
    dropped_contacts: node.droppedContacts,
    flushed_at: timeOrNull(node.flushedAt),
    verified_at: timeOrNull(node.verifiedAt),
    pending_since: node.verifiedAt === null ? timeOrNull(node.pendingSince) : null,
    attempts: node.attempts,
    last_error: node.lastError,
  };
}

/** @param node with its revocation */
export function mapNode(node: RevocationNode): NodeReceiptDto {
  return mapPart({ ...node, pendingSince: node.revocation.createdAt });
}
