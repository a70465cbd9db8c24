import { type DataSource } from 'typeorm';
import { AuditService } from '../events/audit/audit.service';
import { InvalidData } from '../core/errors';
import { type InstallationSecrets } from '../platform/config/secret-files';
import { type Settings } from '../platform/config/settings';
import { Transactions } from '../platform/database/transactions';
import { Tenant } from '../schema/tenant.entity';
import { openInstallation } from './installation';
import { type Printed } from './print';

export interface Database {
  settings: Settings;
  secrets: InstallationSecrets;
  dataSource: DataSource;
  transactions: Transactions;
  audit: AuditService;
}

/** Opens the database for a command, and closes it after. */
export async function withDatabase(work: (database: Database) => Promise<Printed>): Promise<Printed> {
  const { settings, secrets, dataSource } = await openInstallation();
  try {
    const transactions = new Transactions(dataSource);
    const audit = new AuditService(secrets, transactions);
    return await work({ settings, secrets, dataSource, transactions, audit });
  } finally {
    await dataSource.destroy();
  }
}

/** @throws InvalidData */
export async function tenantOf(dataSource: DataSource, domain: string): Promise<Tenant> {
  const tenant = await dataSource.manager.findOneBy(Tenant, { domain: domain.toLowerCase() });
  if (!tenant)
    throw InvalidData.field('tenant', `There is no tenant with the SIP domain ${JSON.stringify(domain)}.`);
  return tenant;
}

/** @throws InvalidData when there is a sentence */
export function check(field: string, sentence: string | null): void {
  if (sentence !== null) throw InvalidData.field(field, sentence);
}
