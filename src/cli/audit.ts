import { existsSync } from 'node:fs';
import { In } from 'typeorm';
import { auditKey } from '../events/audit/chain';
import { verifyAll } from '../events/audit/verify';
import { InvalidSetting } from '../platform/config/invalid-setting';
import { Tenant } from '../schema/tenant.entity';
import { openToRead, settingsHere } from './installation';
import { type Printed } from './print';

/** Follows every chain of audit entries; fails when one was tampered with. @throws InvalidSetting */
export async function auditVerify(): Promise<Printed> {
  const { sqlitePath } = settingsHere();
  if (sqlitePath !== null && !existsSync(sqlitePath)) {
    throw new InvalidSetting('DATABASE_URL', 'names a database that does not exist');
  }
  const { dataSource, secrets } = await openToRead();
  try {
    const verdicts = await verifyAll(dataSource, auditKey(secrets.appKey));
    const ids = verdicts.map(({ tenantId }) => tenantId);
    const tenants = await dataSource.manager.findBy(Tenant, { id: In(ids) });
    const chains = verdicts.map(({ tenantId, entries, wrong }) => {
      const domain = tenants.find(({ id }) => id === tenantId)?.domain;
      const name = tenantId === 0 ? 'platform' : (domain ?? `deleted tenant ${tenantId}`);
      return { tenant: name, tenant_id: tenantId, entries, wrong };
    });
    const lines = chains.map(({ tenant, entries, wrong }) =>
      wrong === null ? `ok    ${tenant}: ${entries} entries` : `FAIL  ${tenant}: ${wrong}`,
    );
    const failed = chains.some(({ wrong }) => wrong !== null);
    return { lines, json: { ok: !failed, chains }, failed };
  } finally {
    await dataSource.destroy();
  }
}
