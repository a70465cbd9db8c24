import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** What stands for "every live extension of the tenant" in place of their numbers. */
export const ALL_EXTENSIONS = '*';

/** One event of the log, as whoever follows it needs it: without what changed, and by whom. */
export interface LoggedEvent {
  id: number;
  /** 0: of no tenant. */
  tenantId: number;
  /** The tenant's; null when the tenant is gone, or there is none. */
  domain: string | null;
  resourceType: string;
  action: string;
  /** The resource's number, name or id. */
  resource: string;
  /** The process that wrote it; null: by an older version. */
  origin: string | null;
  /** Extensions that a change of something else concerns, as in audit_entries.affected. */
  affected: string | null;
  /** Whether nodes have to forget something because of it. */
  hasRevocations: boolean;
}

type Row = Omit<LoggedEvent, 'hasRevocations'> & { revocation: number | null };

const EVENTS_SQL = `
  SELECT a.id AS id, a.tenant_id AS tenantId, t.domain AS domain, a.resource_type AS resourceType,
    a.action AS action, a.resource AS resource, a.origin AS origin, a.affected AS affected,
    a.first_revocation_id AS revocation
  FROM audit_entries a LEFT JOIN tenants t ON t.id = a.tenant_id
  WHERE a.id > ? AND a.id <= ?
  ORDER BY a.id LIMIT ?`;
const NEWEST_SQL = 'SELECT MAX(id) AS id FROM audit_entries';
const NUMBERS_SQL = `
  SELECT live_number AS number FROM extensions
  WHERE tenant_id = ? AND live_number > ?
  ORDER BY live_number LIMIT ?`;

/**
 * The log of what was changed, in the order of its ids, to be read by whoever follows it. AuditService writes it, in
 * the transaction of the change; the rows are the audit's entries.
 */
@Injectable()
export class EventLog {
  constructor(private readonly dataSource: DataSource) {}

  /** The highest id; 0 when there is none. */
  async newestId(): Promise<number> {
    const [row] = await this.dataSource.query<{ id: number | null }[]>(NEWEST_SQL);
    return Number(row?.id ?? 0);
  }

  /** The events with an id above `after` and up to `upTo`, `most` of them at most. */
  async between(after: number, upTo: number, most: number): Promise<LoggedEvent[]> {
    const rows = await this.dataSource.query<Row[]>(EVENTS_SQL, [after, upTo, most]);
    return rows.map(({ revocation, ...row }) => ({ ...row, hasRevocations: revocation !== null }));
  }

  /** Live numbers of a tenant, those after the one given. */
  async numbersAfter(tenantId: number, after: string, most: number): Promise<string[]> {
    const rows = await this.dataSource.query<{ number: string }[]>(NUMBERS_SQL, [tenantId, after, most]);
    return rows.map(({ number }) => number);
  }
}
