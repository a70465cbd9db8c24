import { SYSTEM } from '../../src/core/actor';
import { AuditService } from '../../src/events/audit/audit.service';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { TenantsService } from '../../src/accounts/tenants/tenants.service';
import { Transactions } from '../../src/platform/database/transactions';
import { load, times } from '../bench/load';
import { lookupOf } from '../bench/requests';
import { Dialplane, type TestTenant } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnEach, mariadbLane } from '../harness/lanes';
import { type PrivateMariadb, startMariadb } from '../harness/mariadb';

const GUESSES = 10_000;
const AT_ONCE = 4;
/** Asked one by one, of the domains and of the tenant's numbers; those under way meanwhile; the names. */
const A_FEW = 50;

const isFound = (text: string): boolean => text.includes('a1-hash');

describeOnEach('while a scanner guesses', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
    tenant = await dialplane.tenant({ domain: 'pbx.test' });
  });
  afterAll(() => dialplane.stop());

  it('a user is found by the first lookup after it was made, and by none after it was deleted', async () => {
    let over = false;
    const scanner = Array.from({ length: AT_ONCE }, async (_, client) => {
      for (let guess = client; !over; guess += AT_ONCE) {
        const [number, domain] =
          guess % 3 === 0 ? ['1001', `x${guess}.test`] : [String(100_000 + guess), 'pbx.test'];
        expect(isFound((await dialplane.lookupUser(number, domain)).text)).toBe(false);
      }
    });
    const api = (method: string, path: string, body?: unknown) =>
      dialplane.api(tenant.token, method, `/extensions${path}`, body);
    const found = async (number: string, domain = 'pbx.test'): Promise<boolean> =>
      isFound((await dialplane.lookupUser(number, domain)).text);
    try {
      for (let round = 0; round < 10; round++) {
        const number = String(1_000 + round);
        for (let guess = 0; guess < 3; guess++) expect(await found(number)).toBe(false);
        expect((await api('POST', '', { extension_number: number })).status).toBe(201);
        expect(await found(number)).toBe(true);
        await api('PUT', `/${number}`, { status: 'disabled' });
        expect(await found(number)).toBe(false);
        await api('PUT', `/${number}`, { status: 'active' });
        expect(await found(number)).toBe(true);
        await api('DELETE', `/${number}`);
        expect(await found(number)).toBe(false);
      }
      // A new tenant's first user.
      for (let guess = 0; guess < 20; guess++) expect(await found('1001', 'new.test')).toBe(false);
      const other = await dialplane.tenant({ domain: 'new.test' });
      await dialplane.api(other.token, 'POST', '/extensions', { extension_number: '1001' });
      expect(await found('1001', 'new.test')).toBe(true);
    } finally {
      over = true;
      await Promise.all(scanner);
    }
  });

  it('what another process made is found some seconds later', async () => {
    const elsewhere = new TenantsService(new Transactions(dialplane.dataSource), dialplane.get(AuditService));
    const scan = async (): Promise<void> => {
      for (let guess = 0; guess < 20; guess++) await dialplane.lookupUser('1001', 'later.test');
    };
    await scan();
    await elsewhere.create({ name: 'later', domain: 'later.test', maxExtensions: null }, SYSTEM);
    await dialplane.dataSource.query(
      `INSERT INTO extensions
         (tenant_id, extension_number, live_number, a1, mailbox, live_since, created_at, updated_at)
       SELECT t.id, '1001', '1001', '', '1001-1', '2026-01-01 00:00:00', '2026-01-01 00:00:00', '2026-01-01 00:00:00'
       FROM tenants t WHERE t.domain = 'later.test'`,
    );
    // Its key does not open: 503 says that it was found.
    await eventually(async () => {
      await scan();
      return (await dialplane.lookupUser('1001', 'later.test')).status === 503;
    });
  });
});

const describeMariadb = process.env.TEST_DATABASE_URL ? describe : describe.skip;

describeMariadb('a scanner', () => {
  let mariadb: PrivateMariadb;
  let dialplane: Dialplane;

  beforeAll(async () => {
    const started = await startMariadb();
    if (!started) throw new Error('mariadb-server is not installed');
    mariadb = started;
    dialplane = await Dialplane.start(mariadbLane(mariadb.url));
  });
  afterAll(async () => {
    await dialplane?.stop();
    await mariadb?.stop();
  });

  /** Statements that clients have sent to the server, this one left out. */
  async function questions(): Promise<number> {
    const connection = await createConnection(mariadb.url);
    const [rows] = await connection.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Questions'");
    await connection.end();
    return Number(rows[0]?.Value);
  }

  it.each([
    ['wrong users', (guess: number): [string, string] => [String(2_000 + guess), 'pbx.test']],
    ['wrong domains', (guess: number): [string, string] => ['1001', `x${guess}.test`]],
  ])(`costs no query beyond the first few: ${GUESSES} %s`, async (_name, guessed) => {
    const { token } = await dialplane.tenant({ domain: _name === 'wrong users' ? 'pbx.test' : 'other.test' });
    for (const number of ['1001', '1002'])
      await dialplane.api(token, 'POST', '/extensions', { extension_number: number });
    const started = Date.now();
    const before = await questions();
    let guess = 0;
    const { answers } = await load({
      port: Number(new URL(dialplane.url).port),
      connection: 'kept',
      clients: AT_ONCE,
      request: () => lookupOf(...guessed(guess++)),
      expected: 'not found',
      more: times(GUESSES),
    });
    expect(answers).toBe(GUESSES);
    const windows = 1 + Math.floor((Date.now() - started) / 5_000);
    expect((await questions()) - before).toBeLessThan(A_FEW * windows);
  });
});
