import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type Actor } from '../../core/actor';
import { AuditService } from '../../events/audit/audit.service';
import { changesBetween } from '../../events/audit/changes';
import { sameSecret } from '../../core/same-secret';
import { isoTime, now } from '../../core/time';
import { type Prepared, prepared } from '../../platform/database/prepared';
import { rawTime } from '../../platform/database/raw-time';
import { Transactions } from '../../platform/database/transactions';
import { ApiToken } from '../../schema/api-token.entity';
import { type Role, type Tier } from '../../core/roles';
import {
  authContextFrom,
  type Principal,
  PRINCIPAL_SQL,
  type PrincipalRow,
  TEAMS_SQL,
} from './token-principal';
import { createSecret, readToken, secretHash } from './token';

/** A token to be made. Without a user it belongs to the tenant and needs a role. */
export interface NewToken {
  /** Null for a platform operator. */
  tenantId: number | null;
  userId?: number | null;
  name: string;
  /** Null: the user's. */
  role: Role | null;
  pbx?: Tier | null;
  pbxApiAccess?: boolean;
  expiresAt: Date | null;
  fromLogin?: boolean;
  /** Addresses and networks separated by commas; null: from anywhere. */
  allowedAddresses?: string | null;
  /** Requests a minute on /api/pbx; null: as the settings say. */
  rateLimit?: number | null;
}

/** Bearer tokens: `<id>|<secret>`, of which only the secret's hash is kept. */
@Injectable()
export class TokenStore {
  private readonly holders: Prepared<PrincipalRow>;
  private readonly teams: Prepared<{ id: number }>;

  constructor(
    dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly audit: AuditService,
  ) {
    this.holders = prepared(dataSource, PRINCIPAL_SQL);
    this.teams = prepared(dataSource, TEAMS_SQL);
  }

  /** Makes a token and answers with it in plain text, the only time that is possible. */
  async create(token: NewToken, actor: Actor): Promise<{ row: ApiToken; token: string }> {
    return this.transactions.run((manager) => this.createIn(manager, token, actor));
  }

  /** The same, inside a transaction. */
  async createIn(
    manager: EntityManager,
    token: NewToken,
    actor: Actor,
  ): Promise<{ row: ApiToken; token: string }> {
    const secret = createSecret();
    const row = await manager.save(
      ApiToken,
      manager.create(ApiToken, {
        userId: null,
        pbx: null,
        pbxApiAccess: true,
        fromLogin: false,
        allowedAddresses: null,
        rateLimit: null,
        ...token,
        secretHash: secretHash(secret),
        revokedAt: null,
        lastUsedAt: null,
        lastUsedFrom: null,
        createdAt: now(),
      }),
    );
    const changes = changesBetween(null, tokenFields(row));
    const action = row.fromLogin ? 'logged_in' : 'created';
    const deed = { action, resourceType: 'token', resource: String(row.id), changes } as const;
    await this.audit.record(manager, row.tenantId ?? 0, actor, [deed]);
    return { row, token: `${row.id}|${secret}` };
  }

  /** Who holds this token, or null when it is unknown, revoked or expired. One query by primary key. */
  async holder(token: string): Promise<Principal | null> {
    const parts = readToken(token);
    if (!parts) return null;
    const [row] = await this.holders(parts.id);
    // An unknown id costs the same comparison as a known one.
    const right = sameSecret(secretHash(parts.secret), row?.secretHash ?? '');
    return row && right ? this.holderFrom(row) : null;
  }

  /** The same of a token that was shown before, by its id. */
  async stillHolder(tokenId: number): Promise<Principal | null> {
    const [row] = await this.holders(tokenId);
    return row ? this.holderFrom(row) : null;
  }

  private async holderFrom(row: PrincipalRow): Promise<Principal | null> {
    if (row.revokedAt !== null || expired(row.expiresAt)) return null;
    if (row.userId !== null && row.userStatus !== 'active') return null;
    const supervises = row.userId !== null && [row.role, row.userRole].includes('supervisor');
    const teams = supervises ? await this.teams(row.userId ?? 0) : [];
    return authContextFrom(
      row,
      teams.map(({ id }) => id),
    );
  }
}

/** What is told of a token in the audit. */
export function tokenFields(token: ApiToken): Record<string, unknown> {
  return {
    name: token.name,
    role: token.role,
    pbx: token.pbx,
    pbx_api_access: token.pbxApiAccess,
    user_id: token.userId,
    allowed_addresses: token.allowedAddresses,
    rate_limit: token.rateLimit,
    expires_at: token.expiresAt && isoTime(token.expiresAt),
    revoked_at: token.revokedAt && isoTime(token.revokedAt),
  };
}

function expired(at: Date | string | null): boolean {
  return at !== null && rawTime(at).getTime() <= Date.now();
}
