import { once } from 'node:events';
import { connect } from 'node:net';
import { fingerprints, hashOfKey } from '../../src/api/edge/idempotency/fingerprint';
import { IdempotencyKey } from '../../src/schema/idempotency-key.entity';
import { IdempotencyPart } from '../../src/schema/idempotency-part.entity';
import { IdempotencyStore } from '../../src/api/edge/idempotency/idempotency-store';
import { Extension } from '../../src/schema/extension.entity';
import { type Answer, APP_KEY, Dialplane, type TestTenant } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { ask, person } from '../harness/people';
import { addTeam } from '../harness/records';

interface Made {
  data: { extension_number: string; sip_password: string };
}

const EXTENSION = { extension_number: '1001', voicemail_pin: '482915' };
const STILL_RUNNING = { message: 'A request with this idempotency key is still running.' };

describeOnEach('an Idempotency-Key', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    await dialplane.dataSource.manager.deleteAll(IdempotencyPart);
    await dialplane.dataSource.manager.deleteAll(IdempotencyKey);
    tenant = await dialplane.tenant();
  });

  function post<T = Made>(
    key: string,
    body: unknown = EXTENSION,
    { path = '/api/pbx/extensions', token = tenant.token, at = dialplane } = {},
  ): Promise<Answer<T>> {
    return at.request<T>('POST', path, {
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': key,
        ...(token !== '' && { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
  }
  const replayed = ({ headers }: Answer<unknown>): boolean => headers.get('idempotent-replayed') === 'true';
  const numbers = async (): Promise<string[]> => {
    const answer = await dialplane.api<{ data: Made['data'][] }>(tenant.token, 'GET', '/extensions');
    return answer.body.data.map(({ extension_number }) => extension_number);
  };
  const keys = (): Promise<number> => dialplane.dataSource.manager.count(IdempotencyKey);
  const scope = (): string => `token ${tenant.token.split('|')[0]}`;
  /** What a request to make EXTENSION, on another instance, would have claimed. */
  const claim = (key: string) =>
    dialplane.get(IdempotencyStore).claim({
      scope: scope(),
      keyHash: hashOfKey(key),
      fingerprint: fingerprints(Buffer.from(APP_KEY, 'base64'))({
        method: 'POST',
        url: '/api/pbx/extensions',
        body: EXTENSION,
      }),
    });
  const change = (fields: Partial<IdempotencyKey>) =>
    dialplane.dataSource.manager.update(IdempotencyKey, { scope: scope() }, fields);
  const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);

  it('gives the first answer again, and does nothing twice', async () => {
    const first = await post('a');
    const second = await post('a');
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.text).toBe(first.text);
    expect(second.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect([replayed(first), replayed(second)]).toEqual([false, true]);
    expect(await numbers()).toEqual(['1001']);
  });

  it('does so on another instance', async () => {
    const other = await Dialplane.start(lane, {}, dialplane.database);
    const first = await post('a');
    const second = await post('a', EXTENSION, { at: other });
    expect([second.status, second.text, replayed(second)]).toEqual([201, first.text, true]);
    await other.stop({ keepDatabase: true });
  });

  it('is not to be used for another request', async () => {
    await post('a');
    const refusal = {
      message: 'The given data was invalid.',
      errors: { idempotency_key: ['The idempotency key has already been used with another request.'] },
    };
    for (const [body, path] of [
      [{ ...EXTENSION, extension_number: '1002' }, '/api/pbx/extensions'],
      [EXTENSION, '/api/pbx/extensions?x=1'],
      [EXTENSION, '/api/pbx/extensions/1001/change-password'],
    ] as const) {
      const other = await post('a', body, { path });
      expect([other.status, other.body]).toEqual([422, refusal]);
    }
    expect(await numbers()).toEqual(['1001']);
    expect((await post('A', { extension_number: '1002' })).status).toBe(201);
  });

  it('of many requests at once lets one run', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => post('a')));
    expect(answers.filter((answer) => answer.status === 201 && !replayed(answer))).toHaveLength(1);
    for (const { status, body } of answers)
      if (status !== 201) expect([status, body]).toEqual([409, STILL_RUNNING]);
    expect(await numbers()).toEqual(['1001']);
  });

  it('is taken while the first request runs, and free a minute after its process died', async () => {
    const { row } = await claim('a');
    const refused = await post('a');
    expect([refused.status, refused.body]).toEqual([409, STILL_RUNNING]);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await post('a', {})).status).toBe(422);
    await change({ claimedUntil: hoursAgo(1) });
    await dialplane.get(IdempotencyStore).renew([row.id]);
    expect((await post('a')).status).toBe(409);
    await change({ claimedUntil: hoursAgo(1) });
    expect(replayed(await post('a'))).toBe(false);
    expect(await numbers()).toEqual(['1001']);
    // Who was thought dead has no row any more to keep its answer with.
    await expect(dialplane.get(IdempotencyStore).keep(row.id, ['x'])).rejects.toThrow(/foreign key/i);
    expect(replayed(await post('a'))).toBe(true);
  });

  it('serves a client that hung up before the answer came', async () => {
    const { hostname, port } = new URL(dialplane.url);
    const body = JSON.stringify(EXTENSION);
    const head = [
      'POST /api/pbx/extensions HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${tenant.token}`,
      'Content-Type: application/json',
      'Idempotency-Key: a',
      `Content-Length: ${body.length}`,
    ];
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
    await eventually(async () => replayed(await post('a')));
    expect(await numbers()).toEqual(['1001']);
  });

  it.each(['x'.repeat(256), 'a b', 'a\t\ta', 'caf\u00e9', ''])('%j is none', async (key) => {
    const { status, body } = await post(key);
    expect([status, body]).toEqual([
      400,
      { message: 'The Idempotency-Key header must be 1 to 255 visible ASCII characters.' },
    ]);
    expect(await numbers()).toEqual([]);
  });

  it('goes with no body that is too deep to be compared', async () => {
    const deep = '['.repeat(30_000) + ']'.repeat(30_000);
    for (const [path, fields, refusal] of [
      ['/pbx/extensions', '"extension_number":"1001"', [400, { message: 'Malformed request body' }]],
      ['/auth/login', '"username":"x","password":"x"', [401, { message: 'Unauthenticated.' }]],
    ] as const) {
      const { status, body } = await dialplane.request('POST', `/api${path}`, {
        headers: {
          Authorization: `Bearer ${tenant.token}`,
          'Content-Type': 'application/json',
          'Idempotency-Key': 'a',
        },
        body: `{${fields},"more":${deep}}`,
      });
      expect([status, body]).toEqual(refusal);
    }
    expect([await numbers(), await keys()]).toEqual([[], 0]);
  });

  it('belongs to the token', async () => {
    const other = await dialplane.token(tenant.tenant, 'admin');
    const [first, second] = [
      await post('a'),
      await post('a', { extension_number: '1002' }, { token: other }),
    ];
    expect([first.status, second.status, replayed(second)]).toEqual([201, 201, false]);
  });

  it('leaves no secret in the database', async () => {
    const key = 'the-key-itself';
    const { sip_password: password } = (await post(key)).body.data;
    const { manager } = dialplane.dataSource;
    const rows = JSON.stringify([await manager.find(IdempotencyKey), await manager.find(IdempotencyPart)]);
    expect(rows).toContain(hashOfKey(key));
    for (const secret of [password, EXTENSION.voicemail_pin, key, '1001']) expect(rows).not.toContain(secret);
    expect(dialplane.logLines.some((line) => line.includes(password) || line.includes(key))).toBe(false);
  });

  it('is forgotten after 24 hours', async () => {
    await post('a');
    await change({ createdAt: hoursAgo(23.9) });
    expect(replayed(await post('a'))).toBe(true);
    await change({ createdAt: hoursAgo(24.1) });
    const anew = await post<unknown>('a');
    expect([anew.status, replayed(anew)]).toEqual([422, false]);
    expect(replayed(await post('a'))).toBe(true);
  });

  it('is purged when it is old, however many there are, and not while its request runs', async () => {
    const rows = Array.from({ length: 450 }, (_, i) => ({
      ...{ scope: scope(), keyHash: String(i), fingerprint: '', createdAt: hoursAgo(25) },
      claimedUntil: i === 0 ? new Date(Date.now() + 60_000) : i < 10 ? hoursAgo(24) : null,
    }));
    await dialplane.dataSource.manager.insert(IdempotencyKey, rows);
    await post('a');
    const other = await Dialplane.start(lane, {}, dialplane.database);
    expect(await keys()).toBe(2);
    expect(replayed(await post('a'))).toBe(true);
    await other.stop({ keepDatabase: true });
  });

  it('gives a refusal again, too', async () => {
    await post('a');
    const refused = await post<unknown>('b');
    await dialplane.api(tenant.token, 'DELETE', '/extensions/1001');
    const again = await post<unknown>('b');
    expect([again.status, again.text, replayed(again)]).toEqual([422, refused.text, true]);
    const missing = { path: '/api/pbx/extensions/9999/change-password' };
    expect([(await post('c', {}, missing)).status, (await post('c', {}, missing)).status]).toEqual([
      404, 404,
    ]);
  });

  it('is free again after a 401 or 403, and after what was our fault', async () => {
    const agent = await dialplane.token(tenant.tenant, 'agent');
    expect((await post('a', EXTENSION, { token: agent })).status).toBe(403);
    expect((await post('a', EXTENSION, { token: 'none' })).status).toBe(401);
    const { dataSource } = dialplane;
    await dataSource.query('ALTER TABLE audit_entries RENAME TO elsewhere');
    expect((await post('a')).status).toBe(500);
    await dataSource.query('ALTER TABLE elsewhere RENAME TO audit_entries');
    expect(await keys()).toBe(0);
    const anew = await post('a');
    expect([anew.status, replayed(anew)]).toEqual([201, false]);
  });

  it('gives a long answer again byte for byte, CSV as well', async () => {
    const time = new Date();
    const rows = Array.from({ length: 600 }, (_, i) => ({
      tenantId: tenant.tenant.id,
      extensionNumber: String(2000 + i),
      liveNumber: String(2000 + i),
      a1: '',
      mailbox: String(2000 + i),
      liveSince: time,
      createdAt: time,
      updatedAt: time,
    }));
    await dialplane.dataSource.manager.insert(Extension, rows);
    for (const format of ['json', 'csv']) {
      const path = `/api/pbx/extensions/change-passwords?format=${format}`;
      const first = await post(format, { all: true }, { path });
      const second = await post(format, { all: true }, { path });
      expect([first.status, second.status, replayed(second)]).toEqual([200, 200, true]);
      expect(second.text).toBe(first.text);
      for (const header of ['content-type', 'cache-control', 'content-length'])
        expect([header, second.headers.get(header)]).toEqual([header, first.headers.get(header)]);
    }
    expect(await dialplane.dataSource.manager.count(IdempotencyPart)).toBeGreaterThan(2);
  });

  it('whose answer no longer opens is refused, and nothing runs', async () => {
    await post('a');
    await dialplane.dataSource.query("UPDATE idempotency_parts SET sealed = 'v1.AAAA'");
    const refused = await post('a');
    expect([refused.status, refused.body]).toEqual([
      409,
      { message: 'The first answer for this idempotency key can no longer be opened.' },
    ]);
    expect(await numbers()).toEqual(['1001']);
  });

  it('does not keep the answer from going out when it cannot be kept', async () => {
    const { dataSource } = dialplane;
    await dataSource.query('ALTER TABLE idempotency_parts RENAME TO elsewhere');
    const made = await post('a');
    await dataSource.query('ALTER TABLE elsewhere RENAME TO idempotency_parts');
    expect(made.status).toBe(201);
    const told = (line: string): boolean => line.includes('answer of an idempotency key could not be saved');
    expect(dialplane.logLines.some(told)).toBe(true);
    expect((await post('a')).status).toBe(409);
  });

  it('means nothing to other methods', async () => {
    await post('a');
    const headers = { Authorization: `Bearer ${tenant.token}`, 'Idempotency-Key': 'a' };
    const answer = await dialplane.request('GET', '/api/pbx/extensions', { headers });
    expect([answer.status, replayed(answer), await keys()]).toEqual([200, false, 1]);
  });

  it('shows what was shown once no more to who may less by now', async () => {
    const admin = await person(dialplane, tenant, 'admin');
    await person(dialplane, tenant, 'admin');
    const asAdmin = { token: admin.token };
    expect((await post('rights', EXTENSION, asAdmin)).status).toBe(201);
    expect(replayed(await post('rights', EXTENSION, asAdmin))).toBe(true);
    await ask(dialplane, tenant.token, 'PUT', `/auth/users/${admin.id}`, { pbx_api_access: false });
    const answer = await post('rights', EXTENSION, asAdmin);
    expect([answer.status, answer.body]).toEqual([403, { message: 'This action is unauthorized.' }]);
  });

  it('shows it to who may more by now', async () => {
    const [one, two] = [await addTeam(dialplane, tenant, 'One'), await addTeam(dialplane, tenant, 'Two')];
    await post('made', { ...EXTENSION, team_id: one.id });
    const { id, token } = await person(dialplane, tenant, 'supervisor', { team_ids: [one.id] });
    const rotate = () => post('rotate', {}, { token, path: '/api/pbx/extensions/1001/change-password' });
    const teams = (team_ids: number[]) =>
      ask(dialplane, tenant.token, 'PUT', `/auth/users/${id}`, { team_ids });
    const { sip_password } = (await rotate()).body.data;
    await teams([one.id, two.id]);
    expect((await rotate()).body.data.sip_password).toBe(sip_password);
    await teams([two.id]);
    expect((await rotate()).status).toBe(403);
  });

  it('runs a request anew that a passing state was in the way of', async () => {
    const path = '/api/pbx/extensions/1001/restore';
    await post('first', EXTENSION);
    expect((await post('restore', {}, { path })).status).toBe(409);
    await dialplane.api(tenant.token, 'DELETE', '/extensions/1001');
    expect((await post('restore', {}, { path })).status).toBe(200);
  });
});
