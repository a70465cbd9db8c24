import { type EntityManager, type FindOptionsWhere, IsNull } from 'typeorm';
import { type Actor } from '../../core/actor';
import { type AuditService, type AuditEvent } from '../../events/audit/audit.service';
import { changesBetween } from '../../events/audit/changes';
import { NotFound } from '../../core/errors';
import { now } from '../../core/time';
import { rowLock } from '../../platform/database/row-lock';
import { ApiToken } from '../../schema/api-token.entity';
import { tokenFields } from './token-store';

/** Somebody who logs in anew for each request has very many: these are told of together. */
const MOST_TOLD = 200;

/**
 * Revokes, inside a transaction, whichever of these tokens are not: for good, from the next request on.
 * @returns what to tell the audit, last in the transaction: one deed for each, or one for all when they are very many
 */
export async function revokeTokens(
  manager: EntityManager,
  which: FindOptionsWhere<ApiToken>,
  action = 'revoked',
): Promise<AuditEvent[]> {
  const where = { ...which, revokedAt: IsNull() };
  const tokens = await manager.find(ApiToken, {
    where,
    order: { id: 'ASC' },
    take: MOST_TOLD + 1,
    ...rowLock(manager),
  });
  if (tokens.length === 0) return [];
  const revokedAt = now();
  const { affected } = await manager.update(ApiToken, where, { revokedAt });
  if (tokens.length > MOST_TOLD) {
    const changes = { tokens: { before: affected, after: 0 } };
    return [{ action, resourceType: 'token', resource: `${tokens[0]?.id} and on`, changes }];
  }
  return tokens.map((token) => {
    const changes = changesBetween(tokenFields(token), tokenFields({ ...token, revokedAt }));
    return { action, resourceType: 'token', resource: String(token.id), changes };
  });
}

/**
 * Revokes one, and tells the audit.
 * @throws NotFound when it is revoked already: of two at once the second finds it so
 */
export async function revokeIn(
  manager: EntityManager,
  audit: AuditService,
  { id, tenantId }: ApiToken,
  actor: Actor,
  action?: string,
): Promise<void> {
  const deeds = await revokeTokens(manager, { id }, action);
  if (deeds.length === 0) throw new NotFound();
  await audit.record(manager, tenantId ?? 0, actor, deeds);
}
