import { type Installation } from '../platform/installation';
import { SYSTEM } from '../core/actor';
import { AuditService } from '../events/audit/audit.service';
import { changesBetween } from '../events/audit/changes';
import { TokenStore } from '../accounts/tokens/token-store';
import { CallerIdsService } from '../pbx/caller-ids/caller-ids.service';
import { Transactions } from '../platform/database/transactions';
import { extensionFields, newExtension } from '../pbx/extensions/extension-fields';
import { Extension } from '../schema/extension.entity';
import { userChangesWithoutNodes } from '../nodes/revocations/user-change-transaction';
import { SealedBox } from '../platform/secrets/sealed-box';
import { SipCredentials } from '../platform/secrets/sip-credentials.service';
import { Tenant } from '../schema/tenant.entity';
import { TenantsService } from '../accounts/tenants/tenants.service';

const DOMAIN = 'pbx.local';
const CALLER_IDS = [
  { number: '0900000020', displayName: 'Sales' },
  { number: '0900000021', displayName: 'Support' },
];
const EXTENSIONS = [
  { number: '1001', displayName: 'Reception' },
  { number: '1002', displayName: 'Sales 01' },
];

export interface Demo {
  /** What to try, once the address is known; holds the token and the passwords. */
  words: (url: string) => string;
}

/** Makes the demo tenant on an empty embedded database; null when there is nothing to make. */
export async function seedDemo({ settings, secrets, dataSource }: Installation): Promise<Demo | null> {
  if (settings.sqlitePath === null || (await dataSource.manager.existsBy(Tenant, {}))) return null;
  const transactions = new Transactions(dataSource);
  const audit = new AuditService(secrets, transactions);
  const tenants = new TenantsService(transactions, audit);
  const tenant = await tenants.create({ name: 'demo', domain: DOMAIN, maxExtensions: null }, SYSTEM);
  const users = userChangesWithoutNodes({ settings, dataSource }, transactions);
  const callerIds = new CallerIdsService(dataSource, users, audit);
  for (const callerId of CALLER_IDS) await callerIds.create(tenant, callerId, SYSTEM);

  const credentials = new SipCredentials(new SealedBox(secrets.appKey));
  const passwords: string[] = [];
  for (const { number, displayName } of EXTENSIONS) {
    const made = credentials.make({ tenantId: tenant.id, number, realm: DOMAIN });
    const fields = newExtension(tenant.id, { extension_number: number, display_name: displayName });
    await transactions.run(async (manager) => {
      const extension = manager.create(Extension, { ...fields, a1: made.sealedA1 });
      await manager.save(extension);
      const changes = changesBetween(null, extensionFields(extension));
      const deed = { action: 'created', resourceType: 'extension', resource: number, changes } as const;
      await audit.record(manager, tenant.id, SYSTEM, [deed]);
    });
    passwords.push(`  ${number}@${DOMAIN}  ${made.password}`);
  }
  const tokens = new TokenStore(dataSource, transactions, audit);
  const row = { tenantId: tenant.id, name: 'demo', role: 'admin', expiresAt: null } as const;
  const { token } = await tokens.create(row, SYSTEM);
  return { words: (url) => words(url, token, passwords) };
}

function words(url: string, token: string, passwords: readonly string[]): string {
  return `
A tenant "demo" with the SIP domain ${DOMAIN} was made. This is shown once.

SIP passwords:
${passwords.join('\n')}

Try:
  curl -H 'Authorization: Bearer ${token}' ${url}/api/pbx/extensions
  curl -H 'Authorization: Bearer ${token}' ${url}/api/pbx/extensions/1001
  curl -H 'Authorization: Bearer ${token}' ${url}/api/pbx/caller-ids
  curl -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '{"extension_number":"9001","display_name":"Sales 02"}' ${url}/api/pbx/extensions
  curl -H 'Authorization: Bearer ${token}' -X DELETE ${url}/api/pbx/extensions/9001

The whole API: ${url}/docs   FreeSWITCH: npx dialplane doctor
`;
}
