import { SYSTEM } from '../../src/core/actor';
import { AuditService } from '../../src/events/audit/audit.service';
import { ExtensionChanges } from '../../src/events/extension-changes';
import { TenantAdminService } from '../../src/pbx/tenant-admin/tenant-admin.service';
import { Transactions } from '../../src/platform/database/transactions';
import { CommandLine } from '../harness/command-line';
import { APP_KEY, Dialplane, type TestTenant } from '../harness/dialplane';
import { EventStream, type Frame } from '../harness/event-stream';
import { eventually } from '../harness/eventually';
import { importFile } from '../harness/imports';
import { describeOnEach, type Lane, mariadbLane } from '../harness/lanes';
import { MysqlProxy } from '../harness/mysql-proxy';
import { stopwatch } from '../harness/stopwatch';

/** Within so many ms, what one instance creates is known to the others. */
const PROMISED_MS = 1_500;
const GUESSES = 20;

interface Snapshot {
  extensions: { extension_number: string }[];
}
interface Change {
  extension_number: string;
}

let domains = 0;

/** Two instances on one database, and a tenant: changes are made through one, and heard of by the other. */
class Instances {
  tenant!: TestTenant;
  /** Users of the tenant, of whose changes the first instance has heard. */
  readonly heard: string[] = [];

  private constructor(
    readonly here: Dialplane,
    readonly there: Dialplane,
  ) {
    here.get(ExtensionChanges).onChange(({ number, domain }) => {
      if (domain === this.domain) this.heard.push(number);
    });
  }

  static async start(lane: Lane): Promise<Instances> {
    const there = await Dialplane.start(lane);
    return new Instances(await Dialplane.start(lane, {}, there.database), there);
  }

  async stop(): Promise<void> {
    await this.here.stop({ keepDatabase: true });
    await this.there.stop();
  }

  async newTenant(): Promise<void> {
    this.tenant = await this.there.tenant({ domain: `feed${++domains}.test` });
    this.heard.length = 0;
  }

  get domain(): string | undefined {
    return this.tenant?.tenant.domain;
  }

  api<T>(method: string, path: string, body?: unknown) {
    return this.there.api<T>(this.tenant.token, method, path, body);
  }

  create(number: string, more: object = {}) {
    return this.api('POST', '/extensions', { extension_number: number, ...more });
  }

  async isFound(number: string, domain = this.tenant.tenant.domain): Promise<boolean> {
    return (await this.here.lookupUser(number, domain)).text.includes('a1-hash');
  }

  /** Guesses until the first instance has read which numbers and domains exist, and believes that list. */
  async scan(domain?: string): Promise<void> {
    for (let guess = 0; guess < GUESSES; guess++) {
      expect(await this.isFound(String(7_000 + guess), domain)).toBe(false);
    }
  }
}

/** What holds must do so within the time that is promised. */
async function inTime(holds: () => boolean | Promise<boolean>): Promise<void> {
  const elapsed = stopwatch();
  await eventually(holds);
  expect(elapsed()).toBeLessThan(PROMISED_MS);
}

describeOnEach('an extension that another instance creates', (lane) => {
  let both: Instances;

  beforeAll(async () => {
    both = await Instances.start(lane);
  });
  beforeEach(() => both.newTenant());
  afterAll(() => both?.stop());

  it('is found by a lookup, though this one believes its list of those who exist', async () => {
    await both.create('1001');
    await inTime(() => both.isFound('1001'));
    await both.scan();
    expect((await both.create('1002')).status).toBe(201);
    await inTime(() => both.isFound('1002'));
  });

  it('is found when an import of thousands created it', async () => {
    await both.create('1001');
    let isOver = false;
    const scanner = (async () => {
      while (!isOver) await both.scan();
    })();
    const file = 'extension_number,sip_password\n20000-22500,long enough 4711\n';
    const job = await importFile(both.there, both.tenant.token, file);
    await inTime(() => both.isFound('20000'));
    isOver = true;
    await scanner;
    expect(job).toMatchObject({ status: 'done', created: 2_501 });
    await eventually(() => both.heard.length >= 2_502);
    expect(new Set(both.heard).size).toBe(2_502);
  });

  it('is found when it was deleted and is restored', async () => {
    await both.create('1001');
    await both.create('1002');
    await both.api('DELETE', '/extensions/1002');
    await both.scan();
    expect((await both.api('POST', '/extensions/1002/restore')).status).toBe(200);
    await inTime(() => both.isFound('1002'));
  });

  it('is found when its tenant is new, created on the command line', async () => {
    const domain = `new-${both.domain}`;
    const commands = new CommandLine({ APP_KEY, DATABASE_URL: both.there.database.url });
    await both.scan(domain);
    await commands.run(['tenant', 'create', '--name', 'new', '--domain', domain]);
    const { stdout } = await commands.run(['token', 'create', '--tenant', domain, '--name', 'new']);
    await commands.stop();
    await both.there.api(stdout.trim(), 'POST', '/extensions', { extension_number: '1001' });
    await inTime(() => both.isFound('1001', domain));
  });

  it('appears in the stream of registrations', async () => {
    await both.create('1001');
    const stream = await EventStream.open(both.here.url, { token: both.tenant.token });
    const snapshot = await stream.next<Snapshot>();
    expect(snapshot.data.extensions.map((each) => each.extension_number)).toEqual(['1001']);
    const elapsed = stopwatch();
    await both.create('1002');
    const isNew = ({ event, data }: Frame<Change>): boolean =>
      event === 'change' && data.extension_number === '1002';
    await stream.nextThat<Change>(isNew);
    expect(elapsed()).toBeLessThan(PROMISED_MS);
    stream.close();
  });
});

describeOnEach('what another instance changes', (lane) => {
  let both: Instances;

  beforeAll(async () => {
    both = await Instances.start(lane);
  });
  beforeEach(() => both.newTenant());
  afterAll(() => both?.stop());

  it('is heard of once, each change of an extension', async () => {
    await both.create('1001');
    await both.api('PUT', '/extensions/1001', { display_name: 'Front desk' });
    await both.api('DELETE', '/extensions/1001');
    await both.create('1002');
    await eventually(() => both.heard.includes('1002'));
    expect(both.heard).toEqual(['1001', '1001', '1001', '1002']);
  });

  it('is heard of for those that a caller ID concerns, and nobody else', async () => {
    const number = '0900000020';
    await both.api('POST', '/caller-ids', { number, display_name: 'Sales' });
    await both.create('1001', { outbound_caller_id: number });
    await both.create('1002');
    await both.create('1003', { outbound_caller_id: number });
    await eventually(() => both.heard.length === 3);
    both.heard.length = 0;
    const changed = await both.api('PUT', `/caller-ids/${number}`, { display_name: 'Support' });
    expect(changed.status).toBe(200);
    await both.create('1004');
    await eventually(() => both.heard.includes('1004'));
    expect(both.heard).toEqual(['1001', '1003', '1004']);
  });

  it('is heard of for every extension of a tenant that is disabled, however many', async () => {
    const file = 'extension_number,sip_password\n20000-21200,long enough 4711\n';
    await importFile(both.there, both.tenant.token, file);
    await eventually(() => both.heard.length === 1_201);
    both.heard.length = 0;
    const { id } = both.tenant.tenant;
    await both.there.get(TenantAdminService).update(id, { status: 'disabled' }, SYSTEM);
    await eventually(() => both.heard.length === 1_201);
    expect(new Set(both.heard).size).toBe(1_201);
  });
});

const describeMariadb = process.env.TEST_DATABASE_URL ? describe : describe.skip;

describeMariadb('the feed of events on MariaDB', () => {
  const event = (resource: string) =>
    ({ action: 'created', resourceType: 'extension', resource, changes: {} }) as const;

  it('misses no event whose transaction commits after a later one', async () => {
    const both = await Instances.start(mariadbLane());
    await both.newTenant();
    const slow = both.tenant.tenant;
    let commit = (): void => undefined;
    const mayCommit = new Promise<void>((resolve) => (commit = resolve));
    const isWritten = new Promise<void>((written, failed) => {
      both.there
        .get(Transactions)
        .run(async (manager) => {
          await both.there.get(AuditService).record(manager, slow.id, SYSTEM, [event('1001')]);
          written();
          await mayCommit;
        })
        .catch(failed);
    });
    await isWritten;
    const quick = await both.there.tenant();
    const heard: string[] = [];
    both.here.get(ExtensionChanges).onChange(({ number, domain }) => heard.push(`${number}@${domain}`));
    await both.there.api(quick.token, 'POST', '/extensions', { extension_number: '1002' });
    await eventually(() => heard.includes(`1002@${quick.tenant.domain}`));
    commit();
    await inTime(() => both.heard.includes('1001'));
    expect(heard).toEqual([`1002@${quick.tenant.domain}`, `1001@${slow.domain}`]);
    await both.stop();
  });

  it('misses nothing of the time when the log could not be read', async () => {
    const lane = mariadbLane();
    const there = await Dialplane.start(lane);
    const proxy = await MysqlProxy.start(there.database.url);
    const here = await Dialplane.start(lane, {}, { ...there.database, url: proxy.url });
    const { token } = await there.tenant();
    const heard: string[] = [];
    here.get(ExtensionChanges).onChange(({ number }) => heard.push(number));
    for (let times = 0; times < 3; times++) proxy.fail(/FROM audit_entries a/, 'lost before');
    await eventually(() => proxy.left < 3);
    for (const number of ['1001', '1002']) {
      await there.api(token, 'POST', '/extensions', { extension_number: number });
    }
    await eventually(() => heard.length >= 2);
    expect([proxy.left, heard]).toEqual([0, ['1001', '1002']]);
    await here.stop({ keepDatabase: true });
    await there.stop();
    await proxy.stop();
  });
});
