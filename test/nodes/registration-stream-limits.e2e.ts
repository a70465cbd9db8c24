import { request } from 'node:http';
import { once } from 'node:events';
import { ApiToken } from '../../src/schema/api-token.entity';
import { RegistrationsService } from '../../src/nodes/registrations/state/registrations.service';
import { StreamLimits } from '../../src/nodes/registrations/stream/stream-limits';
import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { Dialplane, type TestTenant } from '../harness/dialplane';
import { EventStream, type StreamRequest } from '../harness/event-stream';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { tellRegistered, tellUnregistered } from '../harness/register-events';
import { stopwatch } from '../harness/stopwatch';

const PATH = '/registrations/stream';

describeOnEach('a stream of registrations', (lane) => {
  let fs: FakeFreeSwitch;
  let dialplane: Dialplane;
  let limits: StreamLimits;
  let tenant: TestTenant;
  let streams: EventStream[];
  let stopped: boolean;

  beforeEach(async () => {
    fs = await FakeFreeSwitch.start();
    const settings = { FREESWITCH_NODES: fs.address, REGISTRATION_DAMPING_MS: '0' };
    dialplane = await Dialplane.start(lane, settings);
    limits = dialplane.get(StreamLimits);
    tenant = await dialplane.tenant();
    await dialplane.api(tenant.token, 'POST', '/extensions', { extension_number: '1001' });
    streams = [];
    stopped = false;
    await eventually(() =>
      dialplane
        .get(RegistrationsService)
        .nodes()
        .every(({ state }) => state === 'answering'),
    );
  });
  afterEach(async () => {
    for (const stream of streams) stream.close();
    if (!stopped) await dialplane.stop();
    await fs.stop();
  });

  const open = async (asked: Partial<StreamRequest> = {}): Promise<EventStream> => {
    const stream = await EventStream.open(dialplane.url, { token: tenant.token, ...asked });
    streams.push(stream);
    return stream;
  };
  const metric = async (name: string): Promise<number> => {
    const { text } = await dialplane.request('GET', '/metrics');
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };

  it('is refused without a good token, and to who may not read', async () => {
    expect((await dialplane.api('none', 'GET', PATH)).status).toBe(401);
    const agent = await dialplane.token(tenant.tenant, 'agent');
    expect((await dialplane.api(agent, 'GET', PATH)).status).toBe(403);
  });

  it.each(['1', 'yes', '', 'TRUE', 'true&devices=false'])('is refused with devices=%s', async (devices) => {
    const answer = await dialplane.api(tenant.token, 'GET', `${PATH}?devices=${devices}`);
    expect([answer.status, answer.body]).toEqual([
      422,
      {
        message: 'The given data was invalid.',
        errors: { devices: ['The devices field must be true or false.'] },
      },
    ]);
  });

  it('answers HEAD with a head', async () => {
    const answer = await dialplane.api(tenant.token, 'HEAD', PATH);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    expect(await metric('dialplane_stream_readers')).toBe(0);
  });

  it('beats while nothing happens', async () => {
    limits.heartbeat = 50;
    const stream = await open();
    await stream.comment();
    await stream.comment();
    expect(stream.comments[0]).toBe('heartbeat');
  });

  it('is counted while it is read', async () => {
    const stream = await open();
    await open();
    expect(await metric('dialplane_stream_readers')).toBe(2);
    stream.close();
    await eventually(async () => (await metric('dialplane_stream_readers')) === 1);
  });

  it('is refused when there are too many readers, of one tenant or of all', async () => {
    Object.assign(limits, { readers: 3, readersOfTenant: 2 });
    const other = await dialplane.tenant();
    const first = await open();
    await open({ devices: 'true' });
    const refused = await dialplane.api(tenant.token, 'GET', PATH);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
    await open({ token: other.token });
    expect((await dialplane.api(other.token, 'GET', PATH)).status).toBe(503);
    first.close();
    await eventually(async () => (await metric('dialplane_stream_readers')) === 2);
    expect((await open({ token: other.token })).response.statusCode).toBe(200);
  });

  it('ends when its token is revoked or runs out, and no other', async () => {
    limits.tokenCheck = 100;
    const revokedToken = await dialplane.token(tenant.tenant, 'read_only');
    const inAnHour = new Date(Date.now() + 3_600_000);
    const expiringToken = await dialplane.token(tenant.tenant, 'read_only', inAnHour);
    const revoked = await open({ token: revokedToken });
    const expiring = await open({ token: expiringToken });
    const good = await open();
    await good.next();
    const change = (token: string, to: Partial<ApiToken>): Promise<unknown> =>
      dialplane.dataSource.manager.update(ApiToken, Number(token.split('|')[0]), to);
    await change(revokedToken, { revokedAt: new Date() });
    await revoked.end();
    expect(expiring.ended).toBe(false);
    await change(expiringToken, { expiresAt: new Date(Date.now() + 1_000) });
    await expiring.end();
    tellRegistered(fs, { number: '1001', domain: tenant.tenant.domain, contact: '<sip:1001@192.0.2.1>' });
    expect((await good.next()).event).toBe('change');
  });

  it('ends when its tenant is disabled', async () => {
    limits.tokenCheck = 100;
    const stream = await open();
    await dialplane.dataSource.query("UPDATE tenants SET status = 'disabled'");
    await stream.end();
  });

  it('ends at once when Dialplane stops, also for those that do not read', async () => {
    const stream = await open();
    await stream.next();
    const stalled = await open({ devices: 'true' });
    stalled.response.pause();
    await flood(stream, 200);
    const elapsed = stopwatch();
    stopped = true;
    await dialplane.stop();
    expect(elapsed()).toBeLessThan(2_000);
    await stream.end();
  });

  /**
   * Large changes of one phone, there and back, until the reader has heard of so many. One at a time: on a
   * busy machine a node may be lost for a moment, and what it told meanwhile is never heard.
   */
  async function flood(reader: EventStream, changes: number): Promise<void> {
    const { domain } = tenant.tenant;
    const phone = { number: '1001', domain, contact: '<sip:1001@192.0.2.1>', agent: 'x'.repeat(60_000) };
    for (let heard = 0; heard < changes; heard++) {
      const told = reader.frames.findLast(({ event }) => event === 'change')?.data;
      if ((told as { status: string } | undefined)?.status === 'registered') tellUnregistered(fs, phone);
      else tellRegistered(fs, phone);
      await reader.next();
    }
  }

  it('drops who does not read, by and by, and nobody else', async () => {
    limits.slowest = 2_000;
    limits.heartbeat = 50;
    const [reader, stalled] = [await open({ devices: 'true' }), await open({ devices: 'true' })];
    await reader.next();
    stalled.response.pause();
    while ((await metric('dialplane_stream_dropped_total')) === 0) await flood(reader, 100);
    expect(dialplane.logLines.join('')).toContain('a slow client of a stream was disconnected');
    expect(await metric('dialplane_stream_dropped_total')).toBe(1);
    expect(await metric('dialplane_stream_readers')).toBe(1);
    await flood(reader, 2);
    const positions = reader.frames.map(({ id }) => Number(/\d+$/.exec(id)?.[0]));
    expect(positions).toEqual(positions.map((_, at) => (positions[0] ?? NaN) + at));
  });

  it('does not ask the database anew for each reader', async () => {
    const queries: string[] = [];
    const logger = { logQuery: (sql: string) => queries.push(sql) };
    const quiet = { logQueryError: noop, logQuerySlow: noop, logSchemaBuild: noop, logMigration: noop };
    dialplane.dataSource.logger = { ...logger, ...quiet, log: noop };
    const opened = await Promise.all(Array.from({ length: 50 }, () => open()));
    for (const stream of opened) expect((await stream.next()).event).toBe('snapshot');
    expect(queries.filter((sql) => sql.includes('extensions'))).toHaveLength(1);
  });

  it('is not held open for a reader that hung up at once', async () => {
    const hasty = request(`${dialplane.url}/api/pbx${PATH}`, {
      headers: { Authorization: `Bearer ${tenant.token}` },
    });
    hasty.on('error', noop).end();
    await once(hasty, 'finish');
    hasty.destroy();
    await (await open()).next();
    await eventually(async () => (await metric('dialplane_stream_readers')) === 1);
  });
});

function noop(): void {
  return undefined;
}
