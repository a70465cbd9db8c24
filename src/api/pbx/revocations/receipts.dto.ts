import { ApiProperty } from '@nestjs/swagger';
import { Page } from '../../edge/page';
import { isoTime } from '../../../core/time';
import {
  type NodePart,
  PART_STATUSES,
  partStatus,
  RECEIPT_STATUSES,
  receiptStatus,
} from '../../../nodes/revocations/node-part';
import { type Receipt, type ReceiptNode } from '../../../nodes/revocations/receipts.service';
import { MAILBOX_STEPS, type MailboxStep, REVOCATION_REASONS } from '../../../schema/revocation.entity';

const TIME = { type: 'string', format: 'date-time', nullable: true } as const;

export class NodeReceiptDto {
  @ApiProperty({ example: 'fs1' })
  node!: string;

  @ApiProperty({
    enum: PART_STATUSES,
    description:
      'removed: the node was removed before it was verified. unknown: a FreeSWITCH that asked for users ' +
      'recently and is not among the nodes, so it received nothing.',
  })
  status!: string;

  @ApiProperty({ type: 'integer', description: "Entries removed from the node's user cache." })
  flushed_entries!: number;

  @ApiProperty({ type: 'integer', description: 'Registrations that were removed.' })
  dropped_contacts!: number;

  @ApiProperty({ type: 'integer', description: 'Messages that were deleted with the mailbox.' })
  deleted_messages!: number;

  @ApiProperty({ ...TIME, description: 'When the node had done what the change requires.' })
  flushed_at!: string | null;

  @ApiProperty({ ...TIME, description: 'When the node, checked again, had nothing outdated left.' })
  verified_at!: string | null;

  @ApiProperty({ ...TIME, description: 'When the change was made, as long as the node is not verified.' })
  pending_since!: string | null;

  @ApiProperty({ type: 'integer', description: 'How many attempts were made.' })
  attempts!: number;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: 'ESL_NOT_READY',
    description: 'The error of the last attempt.',
  })
  last_error!: string | null;
}

export class ReceiptDto {
  @ApiProperty({ enum: REVOCATION_REASONS })
  reason!: string;

  @ApiProperty({ format: 'date-time' })
  requested_at!: string;

  @ApiProperty({
    enum: RECEIPT_STATUSES,
    description:
      '`done` if every node is verified; `incomplete` if none is pending, but one is removed or unknown.',
  })
  status!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'The one device that was disconnected.' })
  device!: string | null;

  @ApiProperty({
    enum: MAILBOX_STEPS,
    nullable: true,
    description:
      'What nodes do about the mailbox. delete: its messages and greetings are deleted; refresh: the lamp and the PIN are updated.',
  })
  mailbox!: MailboxStep | null;

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

  @ApiProperty({ type: [NodeReceiptDto], description: 'The state at this moment; pending work continues.' })
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
    status: receiptStatus(nodes),
    device: revocation.device,
    mailbox: revocation.mailboxStep,
    nodes: nodes.map(mapNode),
  };
}

export function mapPart(node: NodePart): NodeReceiptDto {
  const timeOrNull = (time: Date | null): string | null => (time === null ? null : isoTime(time));
  return {
    node: node.node,
    status: partStatus(node),
    flushed_entries: node.flushedEntries,
    dropped_contacts: node.droppedContacts,
    deleted_messages: node.deletedMessages,
    flushed_at: timeOrNull(node.flushedAt),
    verified_at: timeOrNull(node.verifiedAt),
    pending_since: node.verifiedAt === null ? timeOrNull(node.pendingSince) : null,
    attempts: node.attempts,
    last_error: node.lastError,
  };
}

/** @param node with its revocation */
export function mapNode(node: ReceiptNode): NodeReceiptDto {
  return mapPart({ ...node, pendingSince: node.revocation.createdAt });
}
