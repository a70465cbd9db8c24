import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Field, Name } from '../../edge/field';
import { Page, PageQuery } from '../../edge/page';
import { readTimeOrDay } from '../../../core/read-time';
import { oneOf, type Rule, text } from '../../../core/rules';
import { isoTime } from '../../../core/time';
import { mapPart, NodeReceiptDto } from '../revocations/receipts.dto';
import { RECEIPT_STATUSES, receiptStatus } from '../../../nodes/revocations/node-part';
import { ACTOR_KINDS } from '../../../core/actor';
import { type AuditEntry } from '../../../schema/audit-entry.entity';
import { type AuditedNode } from '../../../nodes/revocations/audited-receipts';
import { type AuditFilter } from '../../../events/audit/audit-log.service';
import { RESOURCE_TYPES } from '../../../events/audit/audit.service';

const WORD = { max: 190 };
const FORMATS = ['json', 'csv'] as const;

const time: Rule = (value, name) => (readTimeOrDay(value) ? null : `The ${name} is not a valid date.`);

/** Which entries are wanted. */
export class AuditFilters extends PageQuery {
  @ApiPropertyOptional({
    type: 'string',
    description: 'ISO 8601, a date (its beginning in UTC) or a time with Z or offset (percent-encode its +).',
  })
  @Field('nullable', time)
  from?: string | null;

  @ApiPropertyOptional({ type: 'string', description: 'In the form of `from`.' })
  @Field('nullable', time)
  to?: string | null;

  @ApiPropertyOptional({
    type: 'string',
    description: 'A username, or the name of an account-level token.',
  })
  @Name('nullable', WORD)
  actor?: string | null;

  @ApiPropertyOptional({ type: 'string', example: 'updated' })
  @Field('nullable', text(WORD))
  action?: string | null;

  @ApiPropertyOptional({ enum: RESOURCE_TYPES })
  @Field('nullable', oneOf(RESOURCE_TYPES))
  resource_type?: string | null;

  @ApiPropertyOptional({ type: 'string', example: '1001', description: 'Its number, name or id.' })
  @Name('nullable', WORD)
  resource?: string | null;
}

export class ListAuditQuery extends AuditFilters {
  @ApiPropertyOptional({
    enum: FORMATS,
    description: 'Instead of the Accept header. csv: all matching entries, not a page of them.',
  })
  @Field('optional', oneOf(FORMATS))
  format?: (typeof FORMATS)[number];
}

export function auditFilter({
  from,
  to,
  resource_type: resourceType,
  ...query
}: ListAuditQuery): AuditFilter {
  const { actor = null, action = null, resource = null } = query;
  return {
    ...{ actor, action, resource },
    resourceType: resourceType ?? null,
    from: from ? readTimeOrDay(from) : null,
    to: to ? readTimeOrDay(to) : null,
  };
}

class ActorDto {
  @ApiProperty({ enum: ACTOR_KINDS })
  kind!: string;

  @ApiProperty({ type: 'integer', nullable: true, description: "The user's id, or the token's." })
  id!: number | null;

  @ApiProperty({ example: 'lan.tran' })
  name!: string;

  @ApiProperty({ type: 'integer', nullable: true })
  token_id!: number | null;

  @ApiProperty({ type: 'string', nullable: true, example: '203.0.113.7' })
  address!: string | null;

  @ApiProperty({ type: 'string', nullable: true })
  request_id!: string | null;
}

/** One node's receipts of all users that an entry concerns: sums, and the latest times. */
class AuditedNodeDto extends NodeReceiptDto {
  @ApiProperty({ type: 'integer', description: 'How many users the node had to drop.' })
  users!: number;

  @ApiProperty({ type: 'integer', description: 'How many of them are not verified yet.' })
  pending_users!: number;
}

class AuditedRevocationDto {
  @ApiProperty({ enum: RECEIPT_STATUSES })
  status!: string;

  @ApiProperty({ type: [AuditedNodeDto] })
  nodes!: AuditedNodeDto[];
}

export class AuditEntryDto {
  @ApiProperty({ type: 'integer', description: '1, 2, 3… without gaps.' })
  seq!: number;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty()
  actor!: ActorDto;

  @ApiProperty({ example: 'updated' })
  action!: string;

  @ApiProperty({ enum: RESOURCE_TYPES })
  resource_type!: string;

  @ApiProperty({ example: '1001' })
  resource!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { max_concurrent: { before: 2, after: 4 } },
    description: 'Each changed field, before and after; for a secret only that it changed.',
  })
  changes!: Record<string, unknown>;

  @ApiProperty({
    type: AuditedRevocationDto,
    nullable: true,
    description: 'What FreeSWITCH nodes did about it; null when there was nothing to do, or after 90 days.',
  })
  freeswitch!: AuditedRevocationDto | null;

  @ApiProperty({
    description: 'Covers this entry and the one before; `dialplane audit verify` checks all entries.',
    example: '9f2c4e0b7d1a…',
  })
  hash!: string;
}

export class AuditPage extends Page {
  @ApiProperty({ type: [AuditEntryDto] })
  data!: AuditEntryDto[];
}

/** @param nodes what each node did about the entry */
export function mapAuditEntry(entry: AuditEntry, nodes: readonly AuditedNode[]): AuditEntryDto {
  const { actorKind, actorId, actorName, tokenId, address, requestId } = entry;
  return {
    seq: entry.seq,
    at: isoTime(entry.at),
    actor: {
      kind: actorKind,
      id: actorId,
      name: actorName,
      token_id: tokenId,
      address,
      request_id: requestId,
    },
    action: entry.action,
    resource_type: entry.resourceType,
    resource: entry.resource,
    changes: JSON.parse(entry.changes) as Record<string, unknown>,
    freeswitch: nodes.length > 0 ? { status: receiptStatus(nodes), nodes: nodes.map(mapAuditedNode) } : null,
    hash: entry.hash,
  };
}

function mapAuditedNode(node: AuditedNode): AuditedNodeDto {
  return { ...mapPart(node), users: node.users, pending_users: node.pending };
}
