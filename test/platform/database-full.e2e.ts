import { join } from 'node:path';
import Libsql from 'libsql';
import { Dialplane, type TestTenant } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { sqliteLane } from '../harness/lanes';
import { SmallDisk } from '../harness/small-disk';

const REFUSED = { message: 'The service is temporarily unavailable. Try again in 5 seconds.' };
const DISK_MB = 4;

interface Made {
  data: { sip_password: string };
}

const disk = SmallDisk.mount(DISK_MB);
afterAll(() => disk?.unmount());

(disk ? describe : describe.skip)('an embedded database whose disk is full', () => {
  const { folder, fill, makeSpace } = {
    folder: disk?.folder ?? '',
    fill: () => disk?.fill(),
    makeSpace: () => disk?.makeSpace(),
  };
  const path = join(folder, 'dialplane.db');
  const database = { url: `sqlite:${path}`, drop: () => Promise.resolve() };
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(sqliteLane, { DIRECTORY_CACHE_MS: '0' }, database);
    tenant = await dialplane.tenant();
    for (const number of ['1001', '1002']) expect((await create(number)).status).toBe(201);
  });
  afterAll(() => dialplane.stop());

  const api = <T = unknown>(method: string, path: string, body?: unknown) =>
    dialplane.api<T>(tenant.token, method, `/extensions${path}`, body);
  const create = (extension_number: string) => api<Made>('POST', '', { extension_number });
  const ready = async () => (await dialplane.request<{ database: string }>('GET', '/health/ready')).body;
  const told = (sentence: string): number =>
    dialplane.logLines.filter((line) => line.includes(sentence)).length;
  const a1 = async (number: string): Promise<string | undefined> =>
    /a1-hash" value="(\w+)"/.exec((await dialplane.lookupUser(number, tenant.tenant.domain)).text)?.[1];
  /** As a program beside Dialplane reads them. */
  const stored = (): string[] => {
    const other = new Libsql(path);
    const rows = other
      .prepare('SELECT live_number AS number FROM extensions WHERE live_number IS NOT NULL')
      .all();
    other.close();
    return (rows as { number: string }[]).map(({ number }) => number).sort();
  };

  it('refuses changes and answers the rest, and what it accepts once there is space is durable', async () => {
    fill();
    for (const number of ['2001', '2002', '2003']) {
      const { status, body } = await create(number);
      expect([status, body]).toEqual([503, REFUSED]);
    }
    expect((await api('DELETE', '/1002')).status).toBe(503);
    await eventually(async () => (await ready()).database === 'read_only');
    expect((await dialplane.request('GET', '/health/ready')).status).toBe(200);
    expect((await api('GET', '')).body).toMatchObject({ total: 2 });
    const before = await a1('1002');
    expect(before).toMatch(/^\w{32}$/);
    makeSpace();

    expect((await create('3001')).status).toBe(201);
    expect((await api('DELETE', '/1001')).status).toBe(200);
    expect((await api('POST', '/1002/change-password', {})).status).toBe(200);
    await eventually(async () => (await ready()).database === 'ok');
    expect(stored()).toEqual(['1002', '3001']);
    const after = await a1('1002');
    expect(after).not.toBe(before);
    expect([told('accepts no changes'), told('accepts changes again')]).toEqual([1, 1]);

    await dialplane.stop({ keepDatabase: true });
    dialplane = await Dialplane.start(sqliteLane, { DIRECTORY_CACHE_MS: '0' }, database);
    expect((await api('GET', '/1001')).status).toBe(404);
    expect((await api('GET', '/3001')).status).toBe(200);
    expect(await a1('1002')).toBe(after);
  });
});
