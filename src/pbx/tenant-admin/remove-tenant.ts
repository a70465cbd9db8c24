import { type EntityManager } from 'typeorm';
import { Conflict } from '../../core/errors';

/** In the order in which nothing refers any more to what goes. */
const STATEMENTS = [
  'UPDATE tenants SET default_caller_id_id = NULL WHERE id = ?',
  'DELETE FROM api_tokens WHERE tenant_id = ?',
  'DELETE FROM user_teams WHERE user_id IN (SELECT id FROM users WHERE tenant_id = ?)',
  'DELETE FROM users WHERE tenant_id = ?',
  'DELETE FROM extensions WHERE tenant_id = ?',
  'DELETE FROM revocation_nodes WHERE revocation_id IN (SELECT id FROM revocations WHERE tenant_id = ?)',
  'DELETE FROM revocations WHERE tenant_id = ?',
  'DELETE FROM import_parts WHERE job_id IN (SELECT id FROM import_jobs WHERE tenant_id = ?)',
  'DELETE FROM import_jobs WHERE tenant_id = ?',
  'DELETE FROM departments WHERE tenant_id = ?',
  'DELETE FROM tenants WHERE id = ?',
];

const PENDING = `
  SELECT COUNT(*) AS n FROM revocation_nodes n JOIN revocations r ON r.id = n.revocation_id
  WHERE r.tenant_id = ? AND n.verified_at IS NULL AND n.node IN `;

/**
 * Removes a tenant with its users, tokens, imports, deleted extensions and receipts; what was done stays in the audit.
 * @param nodes in use; what another has still to forget it never will
 * @throws Conflict while one of these has still to forget an extension of it
 */
export async function removeTenant(
  manager: EntityManager,
  id: number,
  nodes: readonly string[],
): Promise<void> {
  if ((await pendingOn(manager, id, nodes)) > 0) {
    throw new Conflict('FreeSWITCH nodes still have to drop extensions of the account.');
  }
  for (const statement of STATEMENTS) await manager.query(statement, [id]);
}

async function pendingOn(manager: EntityManager, id: number, nodes: readonly string[]): Promise<number> {
  if (nodes.length === 0) return 0;
  const places = nodes.map(() => '?').join(', ');
  const [pending] = await manager.query<{ n: number | string }[]>(`${PENDING} (${places})`, [id, ...nodes]);
  return Number(pending?.n);
}
