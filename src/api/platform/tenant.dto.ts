import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Field, Name } from '../edge/field';
import { ListQuery, Page } from '../edge/page';
import { boolean, integer, list, matching, oneOf, type Rule } from '../../core/rules';
import { isoTime } from '../../core/time';
import { COUNTRY_CODE } from '../../core/country-code';
import { EMERGENCY_NUMBER, emergencyNumbersOf, MOST_EMERGENCY_NUMBERS } from '../../core/emergency-numbers';
import { MAX_DEVICES, MAX_EXTENSIONS, MAX_LEGS } from '../../accounts/tenants/tenant-limits';
import { type TenantPatch } from '../../pbx/tenant-admin/tenant-admin.service';
import { isSipDomain } from '../../accounts/tenants/sip-domain';
import { type Tenant, TENANT_STATUSES, type TenantStatus } from '../../schema/tenant.entity';
import { type NewTenant, type TenantWithUsage } from '../../accounts/tenants/tenants.service';
import { type Usage } from '../../accounts/tenants/usage';

const NAME = { min: 1, max: 100 };
const LIMIT = {
  type: 'integer',
  nullable: true,
  minimum: MAX_EXTENSIONS.min,
  maximum: MAX_EXTENSIONS.max,
  description: 'How many extensions it may have; null: no limit.',
} as const;
const DEVICES = {
  type: 'integer',
  minimum: MAX_DEVICES.min,
  maximum: MAX_DEVICES.max,
  description:
    'How many devices an extension may have registered. When one more registers, the one that has been ' +
    'registered longest is unregistered.',
} as const;
const LEGS = {
  type: 'integer',
  minimum: MAX_LEGS.min,
  maximum: MAX_LEGS.max,
  description:
    'How many legs its calls may have on each FreeSWITCH node at one time: a call between two phones has two, ' +
    'and each ringing phone is one. More get 503. A change reaches a node within a minute.',
} as const;
const COUNTRY = {
  type: 'string',
  pattern: COUNTRY_CODE.source,
  example: '84',
  description: 'The calling code of the country in which numbers with a leading 0 lie.',
} as const;

const EMERGENCY = {
  type: 'array',
  items: { type: 'string', pattern: EMERGENCY_NUMBER.source },
  maxItems: MOST_EMERGENCY_NUMBERS,
  nullable: true,
  example: ['113', '114', '115'],
  description:
    "Instead of the country's; 112 and 911 always count. null: the country's. A change applies to calls within DIRECTORY_CACHE_MS.",
} as const;

const emergencyNumbers: Rule = (value, name) => {
  const wrong = list({ min: 0, max: MOST_EMERGENCY_NUMBERS })(value, name);
  if (wrong !== null) return wrong;
  const areSome = (value as unknown[]).every(
    (each) => typeof each === 'string' && EMERGENCY_NUMBER.test(each),
  );
  return areSome ? null : `The ${name} must be texts of 2 to 6 digits.`;
};

const WEAK = {
  type: 'boolean',
  description:
    "Whether passwords of extensions and users are refused that are blank, the extension's number or the username, or among the 10,000 most common ones.",
} as const;

const domain: Rule = (value, name) =>
  typeof value === 'string' && isSipDomain(value.toLowerCase())
    ? null
    : `The ${name} must be a host name that begins with a letter.`;

/** POST /api/platform/tenants */
export class CreateTenantDto {
  @ApiProperty({ example: 'Acme', maxLength: NAME.max })
  @Name('required', NAME)
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

  @ApiPropertyOptional({ ...DEVICES, default: 10 })
  @Field('optional', integer(MAX_DEVICES))
  max_devices?: number;

  @ApiPropertyOptional({ ...LEGS, default: 400 })
  @Field('optional', integer(MAX_LEGS))
  max_legs?: number;

  @ApiPropertyOptional({ ...COUNTRY, default: '84' })
  @Field('optional', matching(COUNTRY_CODE))
  country_code?: string;

  @ApiPropertyOptional(EMERGENCY)
  @Field('nullable', emergencyNumbers)
  emergency_numbers?: string[] | null;

  @ApiPropertyOptional({ ...WEAK, default: true })
  @Field('optional', boolean)
  refuse_weak_passwords?: boolean;
}

/** PUT /api/platform/tenants/{id}; what is absent stays as it is. */
export class UpdateTenantDto {
  @ApiPropertyOptional({ type: 'string', maxLength: NAME.max })
  @Name('optional', NAME)
  name?: string;

  @ApiPropertyOptional(LIMIT)
  @Field('nullable', integer(MAX_EXTENSIONS))
  max_extensions?: number | null;

  @ApiPropertyOptional(DEVICES)
  @Field('optional', integer(MAX_DEVICES))
  max_devices?: number;

  @ApiPropertyOptional(LEGS)
  @Field('optional', integer(MAX_LEGS))
  max_legs?: number;

  @ApiPropertyOptional(COUNTRY)
  @Field('optional', matching(COUNTRY_CODE))
  country_code?: string;

  @ApiPropertyOptional(EMERGENCY)
  @Field('nullable', emergencyNumbers)
  emergency_numbers?: string[] | null;

  @ApiPropertyOptional(WEAK)
  @Field('optional', boolean)
  refuse_weak_passwords?: boolean;

  @ApiPropertyOptional({
    enum: TENANT_STATUSES,
    description: 'disabled: its phones are disconnected and its tokens open nothing.',
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
  @ApiProperty({
    type: 'integer',
    description: 'Extensions that are not deleted; limited by max_extensions.',
  })
  extensions!: number;

  @ApiProperty({ type: 'integer' })
  caller_ids!: number;

  @ApiProperty({ type: 'integer' })
  teams!: number;

  @ApiProperty({ type: 'integer' })
  users!: number;

  @ApiProperty({ type: 'integer', description: 'Tokens that are neither revoked nor expired.' })
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

  @ApiProperty({ type: 'integer', example: 10 })
  max_devices!: number;

  @ApiProperty({ type: 'integer', example: 400 })
  max_legs!: number;

  @ApiProperty({ example: '84' })
  country_code!: string;

  @ApiProperty({
    type: [String],
    example: ['112', '113', '114', '115', '911'],
    description:
      "Numbers that are always called outside and cannot be extensions: the tenant's own or those of the country, 112 and 911.",
  })
  emergency_numbers!: string[];

  @ApiProperty(WEAK)
  refuse_weak_passwords!: boolean;

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

export function newTenant(given: CreateTenantDto): NewTenant {
  const { name, domain, max_extensions: maxExtensions = null, country_code: countryCode } = given;
  const { max_devices: maxDevices, max_legs: maxLegs } = given;
  const { refuse_weak_passwords: refuseWeakPasswords } = given;
  return {
    ...{ name, domain, maxExtensions },
    emergencyNumbers: given.emergency_numbers?.join() ?? null,
    ...(maxDevices !== undefined && { maxDevices }),
    ...(refuseWeakPasswords !== undefined && { refuseWeakPasswords }),
    ...(maxLegs !== undefined && { maxLegs }),
    ...(countryCode !== undefined && { countryCode }),
  };
}

/** Absent emergency numbers stay as they are; null: the country's. */
export function tenantPatch(given: UpdateTenantDto): TenantPatch {
  return {
    name: given.name,
    maxExtensions: given.max_extensions,
    maxDevices: given.max_devices,
    maxLegs: given.max_legs,
    countryCode: given.country_code,
    emergencyNumbers: given.emergency_numbers === null ? null : given.emergency_numbers?.join(),
    refuseWeakPasswords: given.refuse_weak_passwords,
    status: given.status,
    domain: given.domain,
  };
}

export function mapTenant({ tenant, usage }: TenantWithUsage): TenantDto {
  return {
    ...plain(tenant),
    usage: mapUsage(usage),
    created_at: isoTime(tenant.createdAt),
    updated_at: isoTime(tenant.updatedAt),
  };
}

function mapUsage({ extensions, callerIds, teams, users, tokens }: Usage): UsageDto {
  return { extensions, caller_ids: callerIds, teams, users, tokens };
}

function plain({ id, name, domain, status, ...tenant }: Tenant) {
  return {
    ...{ id, name, domain, status },
    max_extensions: tenant.maxExtensions,
    max_devices: tenant.maxDevices,
    max_legs: tenant.maxLegs,
    country_code: tenant.countryCode,
    emergency_numbers: emergencyNumbersOf(tenant),
    refuse_weak_passwords: tenant.refuseWeakPasswords,
  };
}
