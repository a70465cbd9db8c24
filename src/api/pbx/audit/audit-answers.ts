import { type Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { CsvLimits, csvStream, wantsCsv } from '../../edge/csv-stream';
import { page, rowsOf } from '../../edge/page';
import { AUDIT_HEADER, auditLines } from './audit-csv';
import { type AuditEntry } from '../../../schema/audit-entry.entity';
import { auditedNodes } from '../../../nodes/revocations/audited-receipts';
import { type AuditFilter, AuditLog } from '../../../events/audit/audit-log.service';
import {
  type AuditEntryDto,
  auditFilter,
  type AuditPage,
  type ListAuditQuery,
  mapAuditEntry,
} from './audit.dto';

/** Who asks for a chain, and how. */
export interface AuditRequest {
  /** 0: the platform's own. */
  tenantId: number;
  query: ListAuditQuery;
  accept: string | undefined;
}

/** What is answered of a chain: a page, or all of it as CSV. */
@Injectable()
export class AuditAnswers {
  constructor(
    private readonly log: AuditLog,
    private readonly dataSource: DataSource,
    private readonly limits: CsvLimits,
  ) {}

  async answer(
    { tenantId, query, accept }: AuditRequest,
    reply: FastifyReply,
  ): Promise<AuditPage | Readable> {
    if (wantsCsv(query.format, accept)) {
      return csvStream(reply, 'audit', this.lines(tenantId, auditFilter(query)), this.limits);
    }
    const [entries, total] = await this.log.list(tenantId, auditFilter(query), rowsOf(query));
    return page(query, await this.told(entries), total);
  }

  private async *lines(tenantId: number, filter: AuditFilter): AsyncGenerator<string> {
    yield AUDIT_HEADER;
    for await (const entries of this.log.all(tenantId, filter)) yield auditLines(await this.told(entries));
  }

  private async told(entries: AuditEntry[]): Promise<AuditEntryDto[]> {
    const nodes = await auditedNodes(this.dataSource, entries);
    return entries.map((entry) => mapAuditEntry(entry, nodes.get(entry.id) ?? []));
  }
}
