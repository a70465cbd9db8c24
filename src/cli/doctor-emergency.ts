import { type DataSource, In } from 'typeorm';
import { Extension } from '../schema/extension.entity';
import { emergencyNumbersOf } from '../core/emergency-numbers';
import { Tenant } from '../schema/tenant.entity';
import { numberList } from './doctor-mailboxes';

/** Extensions from before their number was an emergency number: calls to it go outside. */
export async function emergencyWarnings(dataSource: DataSource): Promise<string[]> {
  const held: string[] = [];
  for (const tenant of await dataSource.manager.find(Tenant, { order: { domain: 'ASC' } })) {
    const liveNumber = In(emergencyNumbersOf(tenant));
    const found = await dataSource.manager.findBy(Extension, { tenantId: tenant.id, liveNumber });
    held.push(...found.map(({ extensionNumber }) => `${extensionNumber}@${tenant.domain}`));
  }
  const toDo = 'delete them, or change the emergency_numbers of their tenant';
  return held.length === 0 ? [] : [`nobody can call the extensions ${numberList(held)}; ${toDo}`];
}
