import { once } from 'node:events';
import { setImmediate as immediate, setTimeout } from 'node:timers/promises';
import { openDatabase } from '../../src/cli/installation';
import { readSettings } from '../../src/platform/config/settings';
import { OutcomeUnknown } from '../../src/platform/database/unavailable';
import { Transactions } from '../../src/platform/database/transactions';
import { Tenant } from '../../src/schema/tenant.entity';
import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { CommandLine } from '../harness/command-line';
import { APP_KEY, Dialplane, type TestTenant, XML_CURL_PASSWORD } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { mariadbLane } from '../harness/lanes';
import { type PrivateMariadb, startMariadb } from '../harness/mariadb';
import { addTeam } from '../harness/records';
import { stopwatch } from '../harness/stopwatch';

const PHONES = ['1001', '1002', '1003', '1004', '1005'];
/** mod_xml_curl's timeout in freeswitch-conf, within which every lookup has its answer. */
const LOOKUP_MS = 2_000;
const REFUSED = { message: 'The service is temporarily unavailable. Try again in 5 seconds.' };

interface Made {
  data: { sip_password: string };
}

type Outage = { name: string; begin: () => Promise<void> | void; end: () => Promise<void> | void };

const describeMariadb = process.env.TEST_DATABASE_URL ? describe : describe.skip;

describeMariadb('while the database is away', () => {
  let mariadb: PrivateMariadb;
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let domain: string;
  const passwords = new Map<string, string>();

  beforeAll(async () => {
    const started = await startMariadb();
    if (!started) throw new Error('mariadb-server is not installed');
    mariadb = started;
  });
  afterAll(() => mariadb?.stop());

  beforeEach(async () => {
    dialplane = await Dialplane.start(mariadbLane(mariadb.url), { DIRECTORY_CACHE_MS: '0' });
    tenant = await dialplane.tenant({ domain: 'pbx.test' });
    ({ domain } = tenant.tenant);
    for (const number of PHONES) {
      const made = await api<Made>('POST', '', { extension_number: number, voicemail_pin: '4321' });
      passwords.set(number, made.body.data.sip_password);
    }
  });
  afterEach(() => dialplane.stop());

  const api = <T = unknown>(method: string, path: string, body?: unknown) =>
    dialplane.api<T>(tenant.token, method, `/extensions${path}`, body);
  const lookup = async (number: string): Promise<[number, string]> => {
    const elapsed = stopwatch();
    const { status, text } = await dialplane.lookupUser(number, domain);
    expect(elapsed()).toBeLessThan(LOOKUP_MS);
    return [status, text];
  };
  const noticed = (): Promise<void> =>
    eventually(async () => (await dialplane.request('GET', '/health/ready')).status === 503);
  const healed = async (): Promise<number> => {
    const elapsed = stopwatch();
    await eventually(async () => (await dialplane.request('GET', '/health/ready')).status === 200);
    return elapsed();
  };
  const count = async (result: string): Promise<number> => {
    const { text } = await dialplane.request('GET', '/metrics');
    return Number(new RegExp(`lookups_total{result="${result}"} (\\d+)`).exec(text)?.[1] ?? 0);
  };
  const told = (sentence: string): number =>
    dialplane.logLines.filter((line) => line.includes(sentence)).length;

  const outages: Outage[] = [
    { name: 'stopped', begin: () => mariadb.kill(), end: () => mariadb.start() },
    { name: 'hanging', begin: () => mariadb.hang(), end: () => mariadb.goOn() },
  ];

  describe.each(outages)('$name', ({ begin, end }) => {
    it('users keep their last answer, unknown ones get 503, and it heals by itself', async () => {
      const before = await Promise.all(PHONES.map(lookup));
      await begin();
      try {
        expect(await Promise.all(PHONES.map(lookup))).toEqual(before);
        for (const unknown of ['9999', '1006']) expect(await lookup(unknown)).toEqual([503, '']);
        expect((await dialplane.lookupUser('1001', 'none.test')).status).toBe(503);
        await noticed();
        const elapsed = stopwatch();
        for (const number of PHONES) await lookup(number);
        expect(elapsed()).toBeLessThan(1_000);
        await Promise.all(Array.from({ length: 200 }, () => lookup('9999')));
      } finally {
        await end();
      }
      expect(await healed()).toBeLessThan(2_000);
      expect(await Promise.all(PHONES.map(lookup))).toEqual(before);
      expect((await lookup('9999'))[1]).toContain('not found');
      expect((await api('POST', '', { extension_number: '1006' })).status).toBe(201);
      expect((await lookup('1006'))[0]).toBe(200);
      expect(await count('remembered')).toBeGreaterThanOrEqual(2 * PHONES.length);
      expect(told('the database is away')).toBe(1);
      expect(told('the database is back')).toBe(1);
      expect(told('a directory lookup') + told('lookup failed')).toBeLessThan(10);
    });

    it('whoever was deleted, disabled or changed before it is not served from memory', async () => {
      await Promise.all(PHONES.map(lookup));
      await api('DELETE', '/1001');
      await api('PUT', '/1002', { status: 'disabled' });
      await api('POST', '/1003/change-password', {});
      await api('PUT', '/1004', { display_name: 'New' });
      await lookup('1004');
      await begin();
      try {
        for (const number of ['1001', '1002', '1003']) expect(await lookup(number)).toEqual([503, '']);
        const [status, xml] = await lookup('1004');
        expect([status, xml.includes('New')]).toEqual([200, true]);
      } finally {
        await end();
      }
      await healed();
      const found = await Promise.all(
        PHONES.map(async (number) => !(await lookup(number))[1].includes('not found')),
      );
      expect(found).toEqual([false, false, true, true, true]);
    });

    it('the API says 503 and when to try again, of a wrong token too', async () => {
      await begin();
      try {
        const requests: [string, string, string, unknown?][] = [
          [tenant.token, 'GET', '/extensions'],
          [tenant.token, 'POST', '/extensions', { extension_number: '2001' }],
          [tenant.token, 'PUT', '/extensions/1001', { display_name: 'x' }],
          [tenant.token, 'DELETE', '/extensions/1001'],
          [tenant.token, 'POST', '/extensions/1001/change-password', {}],
          [tenant.token, 'GET', '/caller-ids'],
          [`1|${'x'.repeat(40)}`, 'GET', '/extensions/1001'],
        ];
        const elapsed = stopwatch();
        const answers = await Promise.all(requests.map((request) => dialplane.api(...request)));
        expect(elapsed()).toBeLessThan(5_000);
        for (const { status, body, headers } of answers)
          expect([status, body, headers.get('retry-after')]).toEqual([503, REFUSED, '5']);
        expect(told('request failed')).toBe(0);
        expect(told('request refused for now')).toBe(requests.length);
        // An outage that ends between a late query and the probe after it is noticed when it is over.
        await eventually(() => told('the database is away') === 1);
      } finally {
        await end();
      }
      await healed();
      expect((await api('GET', '')).body).toMatchObject({ total: PHONES.length });
      expect((await api('DELETE', '/1001')).status).toBe(200);
    });
  });

  it('a database that hangs is noticed on connections that were idle for long, too', async () => {
    await Promise.all(Array.from({ length: 40 }, () => api('GET', '')));
    await Promise.all(PHONES.map(lookup));
    // Longer than the database may say nothing to a query: a timer of the socket would be over by then.
    await setTimeout(3_500);
    await mariadb.hang();
    try {
      const headers = { Authorization: `Bearer ${tenant.token}`, 'Content-Type': 'application/json' };
      const keyed = (key: number) =>
        dialplane.request('POST', '/api/pbx/extensions', {
          headers: { ...headers, 'Idempotency-Key': `key-${key}` },
          body: JSON.stringify({ extension_number: String(3_000 + key) }),
        });
      const timed = async (send: () => Promise<{ status: number }>): Promise<[number, boolean]> => {
        const elapsed = stopwatch();
        const { status } = await send();
        return [status, elapsed() < 5_000];
      };
      const sent = Array.from({ length: 12 }, (_, i) => [
        timed(() => keyed(i)),
        timed(() => api('GET', '/1001')),
        timed(() => api('PUT', '/1002', { display_name: 'x' })),
      ]).flat();
      const first = await Promise.all(sent);
      expect(first).toEqual(sent.map(() => [503, true]));
      expect(await timed(() => api('DELETE', '/1001'))).toEqual([503, true]);
    } finally {
      mariadb.goOn();
    }
    await healed();
    expect((await api('GET', '')).body).toMatchObject({ total: PHONES.length });
  });

  it('a storm of REGISTERs refuses no phone that was known, from the first moment to the last', async () => {
    const fake = await FakeFreeSwitch.start({
      directoryAuth: { username: 'freeswitch', password: XML_CURL_PASSWORD },
      directoryUrl: `${dialplane.url}/freeswitch/directory`,
    });
    const register = async (user: string): Promise<number> =>
      (await fake.register({ user, domain, password: passwords.get(user) ?? '' })).status;
    await Promise.all(PHONES.map(register));
    let over = false;
    const statuses: number[] = [];
    const storm = Array.from({ length: 16 }, async (_, phone) => {
      for (let turn = phone; !over; turn++) statuses.push(await register(PHONES[turn % PHONES.length] ?? ''));
    });
    const more = (count: number): Promise<void> => {
      const wanted = statuses.length + count;
      return eventually(() => statuses.length >= wanted);
    };
    try {
      for (const { begin, end } of outages) {
        await more(50);
        await begin();
        await noticed();
        await more(500);
        await end();
        await healed();
        await more(50);
      }
    } finally {
      over = true;
      await Promise.all(storm);
      await fake.stop();
    }
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(await count('remembered')).toBeGreaterThan(1_000);
  });

  it('a commit whose outcome nobody knows is told as such', async () => {
    const writing = dialplane.get(Transactions).run(async (manager) => {
      await manager.update(Tenant, tenant.tenant.id, { name: 'Renamed' });
      await mariadb.hang();
    });
    try {
      await expect(writing).rejects.toThrow(OutcomeUnknown);
    } finally {
      mariadb.goOn();
    }
    await healed();
  });

  it.each(outages)('$name, the process goes on, and stops when it is told to', async ({ begin, end }) => {
    const { url } = dialplane.database;
    const environment = { DATABASE_URL: url, APP_KEY, XML_CURL_PASSWORD };
    const fake = await FakeFreeSwitch.start();
    const commandLine = new CommandLine({ ...environment, FREESWITCH_NODES: fake.address });
    try {
      const { url: served, child, output } = await commandLine.serve();
      const ready = async (status: number): Promise<boolean> =>
        (await fetch(`${served}/health/ready`)).status === status;
      await eventually(() => ready(200));
      await begin();
      await eventually(() => ready(503));
      await end();
      await eventually(() => ready(200));
      await begin();
      await eventually(() => ready(503));
      child.kill('SIGTERM');
      const closed = await once(child, 'close');
      expect(output.stdout).not.toContain('stopping failed');
      expect(closed).toEqual([0, null]);
      expect(output.stderr).toBe('');
    } finally {
      await end();
      await commandLine.stop();
      await fake.stop();
    }
  });

  it('a query that hangs and is then lost does not make a stop fail', async () => {
    const settings = readSettings({ DATABASE_URL: dialplane.database.url, APP_KEY, XML_CURL_PASSWORD });
    const dataSource = await openDatabase(settings);
    await dataSource.query('SELECT 1');
    await mariadb.hang();
    const lost = expect(dataSource.query('SELECT 1')).rejects.toThrow('ECONNRESET');
    // By then the query is on its connection.
    await immediate();
    const closing = dataSource.destroy();
    await mariadb.kill();
    await Promise.all([closing, lost]);
    await mariadb.start();
  });

  it('groups keep their last members, unless one of the domain changed', async () => {
    const team = await addTeam(dialplane, tenant, 'Sales');
    await api('PUT', '/1001', { team_id: team.id });
    const group = () =>
      dialplane.lookup({ section: 'directory', action: 'group_call', group: 'Sales', domain });
    const before = await group();
    expect(before.text).toContain('1001');
    await mariadb.kill();
    expect((await group()).text).toBe(before.text);
    await mariadb.start();
    await healed();
    await group();
    await api('DELETE', '/1001');
    await mariadb.kill();
    expect((await group()).status).toBe(503);
    await mariadb.start();
  });
});
