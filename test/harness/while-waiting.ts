import { type EntityManager } from 'typeorm';
import { Transactions } from '../../src/platform/database/transactions';
import { lockTenant } from '../../src/accounts/tenants/tenants.service';
import { type Dialplane, type TestTenant } from './dialplane';
import { eventually } from './eventually';

/**
 * Sends a request, does `meanwhile` to its tenant, or what else is held, when it has come to wait for that, and
 * gives its answer. The embedded database runs one transaction at a time: there the request waits for this one.
 */
export async function whileWaiting<T>(
  dialplane: Dialplane,
  { tenant }: TestTenant,
  send: () => Promise<T>,
  meanwhile: (manager: EntityManager) => Promise<unknown>,
  hold = (manager: EntityManager): Promise<unknown> => lockTenant(manager, tenant.id),
): Promise<T> {
  const [answer] = await dialplane.get(Transactions).run(async (manager) => {
    await hold(manager);
    const sent = send();
    await eventually(() => somebodyWaits(manager));
    await meanwhile(manager);
    // In a list, or it would be awaited in here.
    return [sent];
  });
  return answer;
}

async function somebodyWaits(manager: EntityManager): Promise<boolean> {
  if (manager.connection.options.type === 'better-sqlite3') return true;
  // Not innodb_trx, which who asks for it often is shown as it once was.
  const waiting = await manager.query<unknown[]>(
    `SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()
     AND (info LIKE 'INSERT %' OR info LIKE '% FOR UPDATE')`,
  );
  return waiting.length > 0;
}
