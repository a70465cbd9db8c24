import { type Installation } from '../app.module';
import { TokensService } from '../auth/tokens.service';
import { CallerIdsService } from '../caller-ids/caller-ids.service';
import { now } from '../common/time';
import { Transactions } from '../database/transactions';
import { Extension } from '../extensions/extension.entity';
import { SealedBox } from '../sip-credentials/sealed-box';
import { SipCredentials } from '../sip-credentials/sip-credentials.service';
import { Tenant } from '../tenants/tenant.entity';
import { TenantsService } from '../tenants/tenants.service';

const DOMAIN = 'pbx.local';
const CALLER_IDS = [
  { number: '0900000020', displayName: 'Sales', carrier: 'mobifone', cliType: 'mobile' },
  { number: '0900000021', displayName: 'Support', carrier: 'mobifone', cliType: 'mobile' },
] as const;
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
  const tenants = new TenantsService(transactions);
  const tenant = await tenants.create({ name: 'demo', domain: DOMAIN, maxExtensions: null });
  const callerIds = new CallerIdsService(dataSource, transactions);
  for (const callerId of CALLER_IDS) await callerIds.create(tenant, callerId);

  const credentials = new SipCredentials(new SealedBox(secrets.appKey));
  const passwords: string[] = [];
  for (const { number, displayName } of EXTENSIONS) {
    const made = credentials.make({ tenantId: tenant.id, number, realm: DOMAIN });
    const times = { createdAt: now(), updatedAt: now(), deletedAt: null };
    const row = {
      tenantId: tenant.id,
      extensionNumber: number,
      liveNumber: number,
      displayName,
      a1: made.sealedA1,
    };
    await transactions.run((manager) =>
      manager.save(Extension, manager.create(Extension, { ...row, ...times })),
    );
    passwords.push(`  ${number}@${DOMAIN}  ${made.password}`);
  }
  const tokens = new TokensService(dataSource, transactions);
  const token = await tokens.create({ tenantId: tenant.id, name: 'demo', role: 'admin', expiresAt: null });
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
