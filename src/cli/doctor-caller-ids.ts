import { type DataSource, Like } from 'typeorm';
import { CallerId } from '../schema/caller-id.entity';
import { canonicalNumber } from '../pbx/caller-ids/phone-number';
import { Tenant } from '../schema/tenant.entity';
import { numberList } from './doctor-mailboxes';

/** Caller IDs from when two ways to write one number were two. */
export async function callerIdWarnings(dataSource: DataSource): Promise<string[]> {
  const twice: string[] = [];
  for (const { id: tenantId, domain, countryCode } of await dataSource.manager.find(Tenant)) {
    const found = await dataSource.manager.find(CallerId, {
      where: [`0%`, `${countryCode}0%`].map((form) => ({ tenantId, canonicalNumber: Like(form) })),
      order: { id: 'ASC' },
    });
    for (const { number, canonicalNumber: kept } of found)
      if (kept !== canonicalNumber(number, countryCode)) twice.push(`${number}@${domain}`);
  }
  const says = `another caller ID of the same account is the same number as each of ${numberList(twice)}`;
  return twice.length === 0 ? [] : [`${says}; let extensions have the other one, and delete these`];
}
