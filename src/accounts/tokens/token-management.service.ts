import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull, MoreThan, type FindOptionsWhere } from 'typeorm';
import { AuditService } from '../../events/audit/audit.service';
import { FieldInvalid, NotFound, Unauthenticated, Unauthorized } from '../../core/errors';
import { requireMatch } from '../../core/etag';
import { type FieldFault } from '../../core/faults';
import { type RowRange } from '../../core/page';
import { type Role, type Tier } from '../../core/roles';
import { now } from '../../core/time';
import { Settings } from '../../platform/config/settings';
import { rowLock } from '../../platform/database/row-lock';
import { Transactions } from '../../platform/database/transactions';
import { lockTenant } from '../tenants/tenants.service';
import { lockUser } from '../users/lock-user';
import { type AuthContext } from '../auth-context';
import { ApiToken } from '../../schema/api-token.entity';
import { revokeIn } from './revoke';
import { tokenFields, TokenStore } from './token-store';

/** A token that somebody creates for themselves; what is absent or null is as for the token that creates it. */
export interface OwnToken {
  name: string;
  role: Role | null;
  pbx: Tier | null;
  /** Absent: true. */
  pbxApiAccess?: boolean | undefined;
  /** Null: it does not expire. */
  expiresAt: Date | null;
  /** Addresses and networks; null: from anywhere. */
  allowedAddresses: readonly string[] | null;
  /** Requests a minute on the API of the PBX; null: as the settings say. */
  rateLimit: number | null;
}

interface Revoking {
  action?: string;
  ifMatch?: string | undefined;
}

/**
 * Tokens as those who hold some see and manage them: administrators all of the account, others their own, and
 * a narrowed token itself alone.
 */
@Injectable()
export class TokenManagementService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly tokens: TokenStore,
    private readonly audit: AuditService,
    private readonly settings: Settings,
  ) {}

  /** Those that are still good, or all; the newest first, and how many there are. */
  list(
    account: AuthContext,
    { status }: { status?: 'active' | 'all' | null },
    { skip, take }: RowRange,
  ): Promise<[ApiToken[], number]> {
    const seen = seenBy(account);
    const live = [
      { ...seen, revokedAt: IsNull(), expiresAt: IsNull() },
      { ...seen, revokedAt: IsNull(), expiresAt: MoreThan(now()) },
    ];
    return this.dataSource.manager.findAndCount(ApiToken, {
      where: status === 'all' ? seen : live,
      relations: { user: true },
      order: { id: 'DESC' },
      skip,
      take,
    });
  }

  /** @throws NotFound */
  detail(account: AuthContext, id: number): Promise<ApiToken> {
    return find(this.dataSource.manager, account, id);
  }

  /**
   * A token that can do at most what its maker can; it belongs to the maker, and ends with it.
   * @throws Unauthenticated when that token, or whose it is, is gone by then
   * @throws Unauthorized when it is made with a token that is itself narrowed: that would undo it
   * @throws FieldInvalid for a rate above the usual, and for an operator's token of a role or tier
   */
  async create(account: AuthContext, given: OwnToken): Promise<{ row: ApiToken; token: string }> {
    if (account.narrowed) throw new Unauthorized();
    if (account.tenantId === 0) refuseTiers(given);
    this.refuseRate(account, given.rateLimit ?? 0);
    return this.transactions.run(async (manager) => {
      const own = await lockOwn(manager, account);
      const { row, token } = await this.tokens.createIn(
        manager,
        {
          tenantId: own.tenantId,
          userId: own.userId,
          name: given.name,
          role: given.role ?? own.role,
          pbx: given.pbx,
          pbxApiAccess: given.pbxApiAccess ?? true,
          expiresAt: given.expiresAt,
          allowedAddresses: given.allowedAddresses?.join() ?? null,
          rateLimit: given.rateLimit,
        },
        account.actor,
      );
      return { row: await find(manager, account, row.id), token };
    });
  }

  /** Only who may do all in the account lets a token send more than others. */
  private refuseRate({ permissions }: AuthContext, asked: number): void {
    const most = this.settings.RATE_LIMIT_PBX;
    if (asked <= most || most === 0 || permissions.has('users.manage')) return;
    throw new FieldInvalid({ field: 'rateLimit', code: 'out_of_range', min: 1, max: most });
  }

  /**
   * The token is good for nothing from the next request on, on every instance.
   * @param ifMatch the If-Match header
   * @throws NotFound also when it is revoked already; PreconditionFailed
   */
  async revoke(
    account: AuthContext,
    id: number,
    { action = 'revoked', ifMatch }: Revoking = {},
  ): Promise<void> {
    await this.transactions.run(async (manager) => {
      const token = await find(manager, account, id);
      if (token.revokedAt !== null) throw new NotFound();
      requireMatch(ifMatch, tokenFields(token));
      await revokeIn(manager, this.audit, token, account.actor, action);
    });
  }
}

/** An operator's rights have neither roles nor tiers. */
function refuseTiers({ role, pbx, pbxApiAccess }: OwnToken): void {
  const faults: FieldFault[] = [];
  if (role) faults.push({ field: 'role', code: 'prohibited' });
  if (pbx) faults.push({ field: 'pbx', code: 'prohibited' });
  if (pbxApiAccess !== undefined) faults.push({ field: 'pbxApiAccess', code: 'prohibited' });
  if (faults.length > 0) throw new FieldInvalid(...faults);
}

/**
 * The token that asks, held until the transaction ends, after whose it is: what is gone makes no more tokens.
 * @throws Unauthenticated
 */
async function lockOwn(
  manager: EntityManager,
  { tenantId, userId, tokenId }: AuthContext,
): Promise<ApiToken> {
  if (userId === null) await lockTenant(manager, tenantId);
  else {
    const user = await lockUser(manager, { id: userId, tenantId: tenantId === 0 ? null : tenantId });
    if (user?.status !== 'active') throw new Unauthenticated();
  }
  const own = await manager.findOne(ApiToken, { where: { id: tokenId }, ...rowLock(manager) });
  if (!own || own.revokedAt !== null) throw new Unauthenticated();
  return own;
}

/** A narrowed token is to end none that can do more. */
function seenBy(account: AuthContext): FindOptionsWhere<ApiToken> {
  const { tenantId, userId, tokenId, narrowed, permissions } = account;
  if (!narrowed && permissions.has('users.manage')) return { tenantId };
  return narrowed || userId === null ? { id: tokenId } : { userId };
}

async function find(manager: EntityManager, account: AuthContext, id: number): Promise<ApiToken> {
  const seen = seenBy(account);
  // A where of two ids would be one of the last.
  if (seen.id !== undefined && seen.id !== id) throw new NotFound();
  const token = await manager.findOne(ApiToken, { where: { ...seen, id }, relations: { user: true } });
  if (!token) throw new NotFound();
  return token;
}
