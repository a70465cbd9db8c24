import { Transactions } from '../../src/platform/database/transactions';
import { lockTenant } from '../../src/accounts/tenants/tenants.service';
import { Dialplane } from '../harness/dialplane';
import { mariadbLane } from '../harness/lanes';

const describeMariadb = process.env.TEST_DATABASE_URL ? describe : describe.skip;

describeMariadb('a tenant that is written to for long', () => {
  it('holds up neither lookups nor reads, however many wait to change something', async () => {
    const dialplane = await Dialplane.start(mariadbLane());
    const { tenant, token } = await dialplane.tenant();
    await dialplane.api(token, 'POST', '/extensions', { extension_number: '1001' });
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let locked = (): void => undefined;
    const holds = new Promise<void>((resolve) => (locked = resolve));
    const holding = dialplane.get(Transactions).run(async (manager) => {
      await lockTenant(manager, tenant.id);
      locked();
      await held;
    });
    await holds;
    // As many as the pool has connections, and more.
    const waiting = Array.from({ length: 15 }, (_, i) =>
      dialplane.api(token, 'PUT', '/extensions/1001', { display_name: `${i}` }),
    );
    for (let turn = 0; turn < 20; turn++) {
      expect((await dialplane.lookupUser('1001', tenant.domain)).text).toContain('<user id="1001"');
      expect((await dialplane.api(token, 'GET', '/extensions/1001/x')).status).toBe(404);
    }
    release();
    await holding;
    for (const answer of await Promise.all(waiting)) expect([200, 503]).toContain(answer.status);
    await dialplane.stop();
  });
});
