import { type DataSource } from 'typeorm';
import { type Role, ROLES } from '../auth/roles';
import { TokensService } from '../auth/tokens.service';
import { CARRIERS, type Carrier, CLI_TYPES, type CliType } from '../caller-ids/caller-id.entity';
import { CallerIdsService } from '../caller-ids/caller-ids.service';
import { mapCallerId } from '../caller-ids/caller-ids.dto';
import { InvalidData } from '../common/errors';
import { label, oneOf, text } from '../common/rules';
import { isoTime } from '../common/time';
import { migrate } from '../database/migrate';
import { Transactions } from '../database/transactions';
import { Tenant } from '../tenants/tenant.entity';
import { TenantsService } from '../tenants/tenants.service';
import { openDatabase, openInstallation, settingsHere } from './installation';
import { type Printed } from './print';

const NAME = text({ min: 1, max: 100 });

export async function migrateNow(): Promise<Printed> {
  const dataSource = await openDatabase(settingsHere());
  const applied = await migrate(dataSource);
  await dataSource.destroy();
  return { lines: applied.length > 0 ? applied : ['Nothing to apply.'], json: { applied } };
}

export function tenantCreate(given: {
  name: string;
  domain: string;
  maxExtensions?: string;
}): Promise<Printed> {
  const maxExtensions =
    given.maxExtensions === undefined ? null : wholeNumber('max_extensions', given.maxExtensions);
  check('name', NAME(given.name, 'name'));
  return withDatabase(async (_dataSource, transactions) => {
    const tenant = await new TenantsService(transactions).create({ ...given, maxExtensions });
    const { id, name, domain, status } = tenant;
    return {
      lines: [`Tenant ${id}: ${name}, SIP domain ${domain}`],
      json: {
        id,
        name,
        domain,
        status,
        max_extensions: maxExtensions,
        created_at: isoTime(tenant.createdAt),
      },
    };
  });
}

export function tokenCreate(given: {
  tenant: string;
  name: string;
  role: string;
  expires?: string;
}): Promise<Printed> {
  check('name', NAME(given.name, 'name'));
  check('role', oneOf(ROLES)(given.role, 'role'));
  const expiresAt = given.expires === undefined ? null : futureTime(given.expires);
  return withDatabase(async (dataSource, transactions) => {
    const tenant = await tenantOf(dataSource, given.tenant);
    const tokens = new TokensService(dataSource, transactions);
    const role = given.role as Role;
    const token = await tokens.create({ tenantId: tenant.id, name: given.name, role, expiresAt });
    return { lines: [token], json: { token } };
  });
}

export function callerIdCreate(given: {
  tenant: string;
  number: string;
  displayName?: string;
  carrier: string;
  cliType: string;
  default?: boolean;
}): Promise<Printed> {
  if (given.displayName !== undefined) check('display_name', NAME(given.displayName, 'display name'));
  check('carrier', oneOf(CARRIERS)(given.carrier, 'carrier'));
  check('cli_type', oneOf(CLI_TYPES)(given.cliType, 'cli type'));
  return withDatabase(async (dataSource, transactions) => {
    const tenant = await tenantOf(dataSource, given.tenant);
    const callerId = await new CallerIdsService(dataSource, transactions).create(tenant, {
      number: given.number,
      displayName: given.displayName ?? null,
      carrier: given.carrier as Carrier,
      cliType: given.cliType as CliType,
      isDefault: given.default === true,
    });
    const json = { ...mapCallerId(callerId) };
    return { lines: [`Caller ID ${json.number} (${json.carrier}, ${json.cli_type})`], json };
  });
}

export function callerIdDefault(given: { tenant: string; number?: string }): Promise<Printed> {
  return withDatabase(async (dataSource, transactions) => {
    const tenant = await tenantOf(dataSource, given.tenant);
    const callerIds = new CallerIdsService(dataSource, transactions);
    const callerId = await callerIds.setDefault(tenant, given.number ?? null);
    const line = callerId
      ? `Extensions without a caller ID present ${callerId.number}`
      : 'No default caller ID';
    return { lines: [line], json: { default_caller_id: callerId?.number ?? null } };
  });
}

async function withDatabase(
  work: (dataSource: DataSource, transactions: Transactions) => Promise<Printed>,
): Promise<Printed> {
  const { dataSource } = await openInstallation();
  try {
    return await work(dataSource, new Transactions(dataSource));
  } finally {
    await dataSource.destroy();
  }
}

async function tenantOf(dataSource: DataSource, domain: string): Promise<Tenant> {
  const tenant = await dataSource.manager.findOneBy(Tenant, { domain: domain.toLowerCase() });
  if (!tenant)
    throw InvalidData.field('tenant', `There is no tenant with the SIP domain ${JSON.stringify(domain)}.`);
  return tenant;
}

function check(field: string, sentence: string | null): void {
  if (sentence !== null) throw InvalidData.field(field, sentence);
}

function wholeNumber(field: string, value: string): number {
  if (!/^\d{1,7}$/.test(value)) throw InvalidData.field(field, `The ${label(field)} must be a whole number.`);
  return Number(value);
}

function futureTime(value: string): Date {
  const time = new Date(value);
  const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
  const [day] = value.split('T');
  // JavaScript takes the 31st of February for the 3rd of March.
  const isDay = new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day ?? '');
  if (!form.test(value) || Number.isNaN(time.getTime()) || !isDay) {
    throw InvalidData.field('expires', 'The expiry must be an ISO 8601 time with Z or an offset.');
  }
  if (time.getTime() <= Date.now()) throw InvalidData.field('expires', 'The expiry must be in the future.');
  return time;
}
