import { type EntityManager } from 'typeorm';
import { now } from '../../core/time';

/** What a tenant has. */
export interface Usage {
  extensions: number;
  callerIds: number;
  teams: number;
  users: number;
  tokens: number;
}

const COUNTS: Record<keyof Usage, string> = {
  extensions: 'FROM extensions WHERE live_number IS NOT NULL AND',
  callerIds: 'FROM caller_ids WHERE',
  teams: 'FROM teams WHERE',
  users: 'FROM users WHERE',
  tokens: 'FROM api_tokens WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now) AND',
};

/** By tenant id, in one query for each kind of thing. */
export async function usageOf(manager: EntityManager, tenantIds: number[]): Promise<Map<number, Usage>> {
  const usage = new Map<number, Usage>();
  for (const id of tenantIds) usage.set(id, { extensions: 0, callerIds: 0, teams: 0, users: 0, tokens: 0 });
  if (tenantIds.length === 0) return usage;
  for (const [kind, from] of Object.entries(COUNTS)) {
    const [sql, parameters] = manager.connection.driver.escapeQueryWithParameters(
      `SELECT tenant_id AS tenantId, COUNT(*) AS n ${from} tenant_id IN (:...ids) GROUP BY tenant_id`,
      { ids: tenantIds, now: now() },
    );
    const rows = await manager.query<{ tenantId: number; n: number | string }[]>(sql, parameters);
    for (const { tenantId, n } of rows) {
      const of = usage.get(tenantId);
      if (of) of[kind as keyof Usage] = Number(n);
    }
  }
  return usage;
}
