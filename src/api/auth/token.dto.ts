import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Field, Name } from '../edge/field';
import { PageQuery } from '../edge/page';
import { boolean, integer, list, oneOf, type Rule } from '../../core/rules';
import { Page } from '../edge/page';
import { isoTime } from '../../core/time';
import { isAddressOrNetwork } from '../../core/addresses';
import { type ApiToken } from '../../schema/api-token.entity';
import { readFutureTime } from '../../core/expiry';
import { readTime } from '../../core/read-time';
import { type OwnToken } from '../../accounts/tokens/token-management.service';
import { type Role, ROLES, type Tier, TIERS } from '../../core/roles';

const NAME = { min: 1, max: 100 };
const ADDRESSES = { min: 1, max: 20 };
const RATE = { min: 1, max: 1_000_000 };
const TIME = { type: 'string', format: 'date-time', nullable: true } as const;
const STATUSES = ['active', 'all'] as const;

const addresses: Rule = (value, name) =>
  list(ADDRESSES)(value, name) ??
  ((value as unknown[]).every(isAddressOrNetwork) ? null : `The ${name} must be IP addresses or networks.`);

const futureTime: Rule = (value, name) => {
  if (readFutureTime(value, 0) === null) return `The ${name} is not a valid date.`;
  return readFutureTime(value) === null ? `The ${name} must be a date after now.` : null;
};

/** POST /api/auth/tokens: at most what its maker may do. */
export class CreateTokenDto {
  @ApiProperty({ example: 'CRM', maxLength: NAME.max, description: 'What it is for.' })
  @Name('required', NAME)
  name!: string;

  @ApiPropertyOptional({ enum: ROLES, nullable: true, description: "Absent: the creator's." })
  @Field('nullable', oneOf(ROLES))
  role?: Role | null;

  @ApiPropertyOptional({
    enum: TIERS,
    nullable: true,
    description: "Absent: the creator's, or the usual one of the role.",
  })
  @Field('nullable', oneOf(TIERS))
  pbx?: Tier | null;

  @ApiPropertyOptional({
    type: 'boolean',
    default: true,
    description: 'Whether the token may call /api/pbx and manage users.',
  })
  @Field('optional', boolean)
  pbx_api_access?: boolean;

  @ApiPropertyOptional({ ...TIME, description: 'ISO 8601 with Z or offset. Absent: it does not expire.' })
  @Field('nullable', futureTime)
  expires_at?: string | null;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string' },
    nullable: true,
    minItems: ADDRESSES.min,
    maxItems: ADDRESSES.max,
    example: ['203.0.113.7', '2001:db8::/32'],
    description: 'Addresses or networks from which it may be used. Absent: from anywhere.',
  })
  @Field('nullable', addresses)
  allowed_addresses?: string[] | null;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: RATE.min,
    maximum: RATE.max,
    description: 'Requests a minute on /api/pbx. Absent: as the settings say.',
  })
  @Field('nullable', integer(RATE))
  rate_limit?: number | null;
}

export class ListTokensQuery extends PageQuery {
  @ApiPropertyOptional({
    enum: STATUSES,
    default: 'active',
    description: 'all: revoked and expired tokens too.',
  })
  @Field('nullable', oneOf(STATUSES))
  status?: (typeof STATUSES)[number] | null;
}

export class TokenDto {
  @ApiProperty({ type: 'integer' })
  id!: number;

  @ApiProperty({ example: 'CRM' })
  name!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'Null for an account-level token.' })
  username!: string | null;

  @ApiProperty({ enum: ROLES, nullable: true, description: "Null: the user's." })
  role!: string | null;

  @ApiProperty({ enum: TIERS, nullable: true, description: "Null: the user's, or the role's usual one." })
  pbx!: string | null;

  @ApiProperty()
  pbx_api_access!: boolean;

  @ApiProperty({ description: 'Created by a login; ends when the password changes.' })
  from_login!: boolean;

  @ApiProperty({ type: [String], nullable: true })
  allowed_addresses!: string[] | null;

  @ApiProperty({ type: 'integer', nullable: true })
  rate_limit!: number | null;

  @ApiProperty({ ...TIME, description: 'Accurate to a minute; null: never.' })
  last_used_at!: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: '203.0.113.7' })
  last_used_from!: string | null;

  @ApiProperty(TIME)
  expires_at!: string | null;

  @ApiProperty(TIME)
  revoked_at!: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;
}

export class CreatedTokenDto extends TokenDto {
  @ApiProperty({ example: '12|w3J8cQ0…', description: 'Shown in this answer only.' })
  token!: string;
}

export class TokenPage extends Page {
  @ApiProperty({ type: [TokenDto] })
  data!: TokenDto[];
}

export class TokenAnswer {
  @ApiProperty()
  data!: TokenDto;
}

export class CreatedTokenAnswer {
  @ApiProperty()
  data!: CreatedTokenDto;
}

class RevokedDto {
  @ApiProperty({ enum: [true] })
  revoked!: true;
}

export class RevokedAnswer {
  @ApiProperty()
  data!: RevokedDto;
}

export function ownToken(given: CreateTokenDto): OwnToken {
  return {
    name: given.name,
    role: given.role ?? null,
    pbx: given.pbx ?? null,
    pbxApiAccess: given.pbx_api_access,
    // Checked to be in the future already; a token whose end has passed since keeps that end.
    expiresAt: given.expires_at ? readTime(given.expires_at) : null,
    allowedAddresses: given.allowed_addresses ?? null,
    rateLimit: given.rate_limit ?? null,
  };
}

/** @param token with its user loaded, if it has one */
export function mapToken(token: ApiToken): TokenDto {
  const timeOrNull = (time: Date | null): string | null => (time === null ? null : isoTime(time));
  return {
    id: token.id,
    name: token.name,
    username: token.user?.username ?? null,
    role: token.role,
    pbx: token.pbx,
    pbx_api_access: token.pbxApiAccess,
    from_login: token.fromLogin,
    allowed_addresses: token.allowedAddresses?.split(',') ?? null,
    rate_limit: token.rateLimit,
    last_used_at: timeOrNull(token.lastUsedAt),
    last_used_from: token.lastUsedFrom,
    expires_at: timeOrNull(token.expiresAt),
    revoked_at: timeOrNull(token.revokedAt),
    created_at: isoTime(token.createdAt),
  };
}
