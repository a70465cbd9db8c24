import { COMMAND_LINE } from '../core/actor';
import { type CallerId, CARRIERS, type Carrier, CLI_TYPES, type CliType } from '../schema/caller-id.entity';
import { CallerIdsModule } from '../pbx/caller-ids/caller-ids.module';
import { CallerIdsService } from '../pbx/caller-ids/caller-ids.service';
import { InvalidData } from '../core/errors';
import { asName, label, matching, oneOf, text } from '../core/rules';
import { isoTime } from '../core/time';
import { COUNTRY_CODE } from '../core/country-code';
import { MAX_DEVICES, MAX_EXTENSIONS, MAX_LEGS } from '../accounts/tenants/tenant-limits';
import { TenantsModule } from '../accounts/tenants/tenants.module';
import { TenantsService } from '../accounts/tenants/tenants.service';
import { check, tenantOf, withServices } from './database';
import { openInstallation } from './installation';
import { type Printed } from './print';

const NAME = text({ min: 1, max: 100 });

export async function migrateNow(): Promise<Printed> {
  const { dataSource, applied } = await openInstallation();
  await dataSource.destroy();
  return { lines: applied.length > 0 ? applied : ['Nothing to apply.'], json: { applied } };
}

export function tenantCreate(given: {
  name: string;
  domain: string;
  maxExtensions?: string;
  maxDevices: string;
  maxLegs: string;
  countryCode: string;
}): Promise<Printed> {
  const maxExtensions =
    given.maxExtensions === undefined
      ? null
      : wholeNumber('max_extensions', given.maxExtensions, MAX_EXTENSIONS);
  const maxDevices = wholeNumber('max_devices', given.maxDevices, MAX_DEVICES);
  const maxLegs = wholeNumber('max_legs', given.maxLegs, MAX_LEGS);
  const named = asName(given.name);
  check('name', NAME(named, 'name'));
  check('country_code', matching(COUNTRY_CODE)(given.countryCode, 'country code'));
  return withServices([TenantsModule], async (services) => {
    const row = { ...given, name: named, maxExtensions, maxDevices, maxLegs };
    const tenant = await services.get(TenantsService).create(row, COMMAND_LINE);
    const { id, name, domain, status } = tenant;
    return {
      lines: [`Tenant ${id}: ${name}, SIP domain ${domain}`],
      json: {
        id,
        name,
        domain,
        status,
        max_extensions: maxExtensions,
        max_devices: maxDevices,
        max_legs: maxLegs,
        country_code: tenant.countryCode,
        created_at: isoTime(tenant.createdAt),
      },
    };
  });
}

export function callerIdCreate(given: {
  tenant: string;
  number: string;
  displayName?: string;
  carrier?: string;
  cliType?: string;
  default?: boolean;
}): Promise<Printed> {
  const displayName = asName(given.displayName ?? '') || null;
  if (displayName !== null) check('display_name', NAME(displayName, 'display name'));
  if (given.carrier !== undefined) check('carrier', oneOf(CARRIERS)(given.carrier, 'carrier'));
  if (given.cliType !== undefined) check('cli_type', oneOf(CLI_TYPES)(given.cliType, 'cli type'));
  return withServices([CallerIdsModule], async (services) => {
    const tenant = await tenantOf(services.dataSource, given.tenant);
    const row = {
      number: given.number,
      displayName,
      carrier: (given.carrier ?? null) as Carrier | null,
      cliType: (given.cliType ?? null) as CliType | null,
      isDefault: given.default === true,
    };
    const callerId = await services.get(CallerIdsService).create(tenant, row, COMMAND_LINE);
    const { number, carrier, cliType } = callerId;
    return { lines: [`Caller ID ${number} (${carrier}, ${cliType})`], json: callerIdJson(callerId) };
  });
}

export function callerIdDefault(given: { tenant: string; number?: string }): Promise<Printed> {
  return withServices([CallerIdsModule], async (services) => {
    const tenant = await tenantOf(services.dataSource, given.tenant);
    const number = given.number ?? null;
    const callerId = await services.get(CallerIdsService).setDefault(tenant, number, COMMAND_LINE);
    const line = callerId
      ? `Extensions without a caller ID present ${callerId.number}`
      : 'No default caller ID';
    return { lines: [line], json: { default_caller_id: callerId?.number ?? null } };
  });
}

function callerIdJson({ number, displayName, carrier, cliType, status }: CallerId): Record<string, unknown> {
  return { number, display_name: displayName, carrier, cli_type: cliType, status };
}

function wholeNumber(field: string, value: string, { min, max }: { min: number; max: number }): number {
  if (/^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max) return Number(value);
  throw InvalidData.field(field, `The ${label(field)} must be a whole number from ${min} to ${max}.`);
}
