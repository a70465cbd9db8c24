import { type INestApplicationContext } from '@nestjs/common';
import { systemOf } from '../accounts/auth-context';
import { TenantsService } from '../accounts/tenants/tenants.service';
import { TokenStore } from '../accounts/tokens/token-store';
import { SYSTEM } from '../core/actor';
import { CallerIdsService } from '../pbx/caller-ids/caller-ids.service';
import { ExtensionsService } from '../pbx/extensions/extensions.service';
import { type Installation } from '../platform/installation';
import { Tenant } from '../schema/tenant.entity';

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

/** Creates the demo tenant on an empty embedded database; null when there is nothing to create. */
export async function seedDemo(
  services: INestApplicationContext,
  { settings, dataSource }: Installation,
): Promise<Demo | null> {
  if (settings.sqlitePath === null || (await dataSource.manager.existsBy(Tenant, {}))) return null;
  const row = { name: 'demo', domain: DOMAIN, maxExtensions: null };
  const tenant = await services.get(TenantsService).create(row, SYSTEM);
  for (const callerId of CALLER_IDS) await services.get(CallerIdsService).create(tenant, callerId, SYSTEM);
  const passwords: string[] = [];
  for (const { number, displayName } of EXTENSIONS) {
    const given = { extensionNumber: number, displayName };
    const [, { password }] = await services.get(ExtensionsService).create(systemOf(tenant), given);
    passwords.push(`  ${number}@${DOMAIN}  ${password}`);
  }
  const token = { tenantId: tenant.id, name: 'demo', role: 'admin', expiresAt: null } as const;
  const created = await services.get(TokenStore).create(token, SYSTEM);
  return { words: (url) => words(url, created.token, passwords) };
}

function words(url: string, token: string, passwords: readonly string[]): string {
  return `
A tenant "demo" with the SIP domain ${DOMAIN} was created. This is shown once.

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
