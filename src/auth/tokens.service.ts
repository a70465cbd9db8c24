import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { sameSecret } from '../common/same-secret';
import { now } from '../common/time';
import { type Prepared, prepared } from '../database/prepared';
import { Transactions } from '../database/transactions';
import { type AccountOf } from './account';
import { ApiToken } from './api-token.entity';
import { type Role } from './roles';
import { makeSecret, readToken, secretHash } from './token';

const HOLDER_SQL = `
  SELECT k.secret_hash AS secretHash, k.role AS role, k.expires_at AS expiresAt, k.revoked_at AS revokedAt,
    t.id AS tenantId, t.domain AS domain, t.country_code AS countryCode, t.status AS tenantStatus
  FROM api_tokens k JOIN tenants t ON t.id = k.tenant_id
  WHERE k.id = ?`;

interface HolderRow {
  secretHash: string;
  role: Role;
  expiresAt: Date | string | null;
  revokedAt: Date | string | null;
  tenantId: number;
  domain: string;
  countryCode: string;
  tenantStatus: string;
}

/** Bearer tokens: `<id>|<secret>`, of which only the secret's hash is kept. */
@Injectable()
export class TokensService {
  private readonly holders: Prepared<HolderRow>;

  constructor(
    dataSource: DataSource,
    private readonly transactions: Transactions,
  ) {
    this.holders = prepared(dataSource, HOLDER_SQL);
  }

  /** Makes a token and answers with it in plain text, the only time that is possible. */
  async create(token: {
    tenantId: number;
    name: string;
    role: Role;
    expiresAt: Date | null;
  }): Promise<string> {
    const secret = makeSecret();
    const row = { ...token, secretHash: secretHash(secret), revokedAt: null, createdAt: now() };
    const saved = await this.transactions.run((manager) => manager.save(ApiToken, row));
    return `${saved.id}|${secret}`;
  }

  /** Who holds this token, or null when it is unknown, revoked or expired. One query by primary key. */
  async holder(token: string): Promise<{ account: AccountOf; tenantActive: boolean } | null> {
    const parts = readToken(token);
    if (!parts) return null;
    const [row] = await this.holders(parts.id);
    // An unknown id costs the same comparison as a known one.
    const right = sameSecret(secretHash(parts.secret), row?.secretHash ?? '');
    if (!row || !right || row.revokedAt !== null || expired(row.expiresAt)) return null;
    const { tenantId, domain, countryCode, role } = row;
    return { account: { tenantId, domain, countryCode, role }, tenantActive: row.tenantStatus === 'active' };
  }
}

/** sqlite hands raw queries its text, in UTC; mysql2 a Date. */
function expired(at: Date | string | null): boolean {
  if (at === null) return false;
  const time = typeof at === 'string' ? new Date(`${at.replace(' ', 'T')}Z`) : at;
  return time.getTime() <= Date.now();
}
