import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Field } from '../common/field';
import { ListQuery, Page } from '../common/page';
import { integer, matching, oneOf, type Rule, text } from '../common/rules';
import { isoTime } from '../common/time';
import { COUNTRY_CODE } from './country-code';
import { isSipDomain } from './sip-domain';
import { type Tenant, TENANT_STATUSES, type TenantStatus } from './tenant.entity';
import { type TenantWithUsage } from './tenants.service';

const NAME = { min: 1, max: 100 };
export const MAX_EXTENSIONS = { min: 0, max: 10_000_000 };
const LIMIT = {
  type: 'integer',
  nullable: true,
  minimum: MAX_EXTENSIONS.min,
  maximum: MAX_EXTENSIONS.max,
  description: 'How many extensions it may have; null: as many as it likes.',
} as const;
const COUNTRY = {
  type: 'string',
  pattern: COUNTRY_CODE.source,
  example: '84',
  description: 'The calling code of the country in which numbers with a leading 0 lie.',
} as const;

const domain: Rule = (value, name) =>
  typeof value === 'string' && isSipDomain(value.toLowerCase())
    ? null
    : `The ${name} must be a host name that begins with a letter.`;

/** POST /api/platform/tenants */
export class CreateTenantDto {
  @ApiProperty({ example: 'Acme', maxLength: NAME.max })
  @Field('required', text(NAME))
  name!: string;

  @ApiProperty({
    example: 'acme.pbx.example',
    description: 'The SIP domain and digest realm; cannot be changed.',
  })
  @Field('required', domain)
  domain!: string;

  @ApiPropertyOptional(LIMIT)
  @Field('nullable', integer(MAX_EXTENSIONS))
  max_extensions?: number | null;

  @ApiPropertyOptional({ ...COUNTRY, default: '84' })
  @Field('optional', matching(COUNTRY_CODE))
  country_code?: string;
}

/** PUT /api/platform/tenants/{id}; what is absent stays as it is. */
export class UpdateTenantDto {
  @ApiPropertyOptional({ type: 'string', maxLength: NAME.max })
  @Field('optional', text(NAME))
  name?: string;

  @ApiPropertyOptional(LIMIT)
  @Field('nullable', integer(MAX_EXTENSIONS))
  max_extensions?: number | null;

  @ApiPropertyOptional(COUNTRY)
  @Field('optional', matching(COUNTRY_CODE))
  country_code?: string;

  @ApiPropertyOptional({
    enum: TENANT_STATUSES,
    description: 'disabled: its phones are out and its tokens open nothing.',
  })
  @Field('optional', oneOf(TENANT_STATUSES))
  status?: TenantStatus;

  @ApiPropertyOptional({ type: 'string', description: 'Only the one it already has.' })
  @Field('optional', () => null)
  domain?: unknown;
}

export class ListTenantsQuery extends ListQuery {
  @ApiPropertyOptional({ enum: TENANT_STATUSES })
  @Field('nullable', oneOf(TENANT_STATUSES))
  status?: TenantStatus | null;
}

class UsageDto {
  @ApiProperty({ type: 'integer', description: 'Live ones; what max_extensions limits.' })
  extensions!: number;

  @ApiProperty({ type: 'integer' })
  caller_ids!: number;

  @ApiProperty({ type: 'integer' })
  teams!: number;

  @ApiProperty({ type: 'integer' })
  users!: number;

  @ApiProperty({ type: 'integer', description: 'Neither revoked nor expired.' })
  tokens!: number;
}

export class TenantDto {
  @ApiProperty({ type: 'integer' })
  id!: number;

  @ApiProperty({ example: 'Acme' })
  name!: string;

  @ApiProperty({ example: 'acme.pbx.example' })
  domain!: string;

  @ApiProperty({ enum: TENANT_STATUSES })
  status!: string;

  @ApiProperty({ type: 'integer', nullable: true })
  max_extensions!: number | null;

  @ApiProperty({ example: '84' })
  country_code!: string;

  @ApiProperty()
  usage!: UsageDto;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;
}

export class TenantPage extends Page {
  @ApiProperty({ type: [TenantDto] })
  data!: TenantDto[];
}

export class TenantAnswer {
  @ApiProperty()
  data!: TenantDto;
}

export function mapTenant({ tenant, usage }: TenantWithUsage): TenantDto {
  return {
    ...plain(tenant),
    usage,
    created_at: isoTime(tenant.createdAt),
    updated_at: isoTime(tenant.updatedAt),
  };
}

function plain({ id, name, domain, status, maxExtensions, countryCode }: Tenant) {
  return { id, name, domain, status, max_extensions: maxExtensions, country_code: countryCode };
}
