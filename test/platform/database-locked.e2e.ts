import { monitorEventLoopDelay } from 'node:perf_hooks';
import Libsql from 'libsql';
import { Dialplane, type TestTenant } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { sqliteLane } from '../harness/lanes';
import { stopwatch } from '../harness/stopwatch';

const REFUSED = { message: 'The service is temporarily unavailable. Try again in 5 seconds.' };
/** A synchronous wait for the lock would be 5,000 ms; what a busy machine takes is far less. */
const LONGEST_STOP_MS = 1_500;

describe('an embedded database that another process writes to', () => {
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let other: Libsql.Database;

  beforeEach(async () => {
    dialplane = await Dialplane.start(sqliteLane, { DIRECTORY_CACHE_MS: '0' });
    tenant = await dialplane.tenant();
    expect((await create('1001')).status).toBe(201);
    other = new Libsql(dialplane.database.url.slice('sqlite:'.length));
    other.exec('BEGIN IMMEDIATE');
  });
  afterEach(async () => {
    other.close();
    await dialplane.stop();
  });

  const api = <T = unknown>(method: string, path: string, body?: unknown) =>
    dialplane.api<T>(tenant.token, method, `/extensions${path}`, body);
  const create = (extension_number: string) => api('POST', '', { extension_number });
  const ready = async () =>
    (await dialplane.request<{ database: string }>('GET', '/health/ready')).body.database;

  it('answers lookups and reads beside a change that waits, which goes on when the other has finished', async () => {
    const waiting = [create('2001'), create('2002')];
    const stops = monitorEventLoopDelay({ resolution: 10 });
    stops.enable();
    for (let turn = 0; turn < 5; turn++) {
      expect((await api('GET', '/1001')).status).toBe(200);
      expect((await dialplane.lookupUser('1001', tenant.tenant.domain)).status).toBe(200);
    }
    stops.disable();
    expect((await api('GET', '/2001')).status).toBe(404);
    other.exec("UPDATE tenants SET name = 'Renamed'");
    other.exec('COMMIT');
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([201, 201]);
    expect((await api('GET', '/2001')).status).toBe(200);
    expect(stops.max / 1e6).toBeLessThan(LONGEST_STOP_MS);
  });

  it('refuses changes after some seconds, each in time, says so, and goes on by itself', async () => {
    const stops = monitorEventLoopDelay({ resolution: 10 });
    stops.enable();
    const elapsed = stopwatch();
    const sent = ['2001', '2002', '2003'].map(create);
    await eventually(async () => (await ready()) === 'read_only');
    for (const { status, body } of await Promise.all(sent)) expect([status, body]).toEqual([503, REFUSED]);
    expect(elapsed()).toBeLessThan(5_000);
    expect((await api('GET', '')).body).toMatchObject({ total: 1 });
    stops.disable();
    other.exec('COMMIT');
    await eventually(async () => (await ready()) === 'ok');
    expect((await create('2001')).status).toBe(201);
    expect(stops.max / 1e6).toBeLessThan(LONGEST_STOP_MS);
  });
});
