import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { Extension } from '../../src/schema/extension.entity';
import { type Answer, Dialplane, type TestTenant } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnce, describeOnEach } from '../harness/lanes';

const CRM = 'https://crm.example';
const SAFE = {
  'content-security-policy':
    "default-src 'self';style-src 'self' 'unsafe-inline';img-src 'self' data:;object-src 'none';base-uri 'none';form-action 'self';frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
};

/** What a route that was not meant must not be reached by, and what may come of it. */
const TRICKS = [
  '/api/pbx/../pbx/extensions',
  '/api/pbx/./extensions',
  '/api/pbx/%2e/extensions',
  '/api/pbx/%2e%2e/pbx/extensions',
  '/health/../api/pbx/extensions',
  '//api/pbx/extensions',
  '/api//pbx/extensions',
  '/api%2fpbx%2fextensions',
  '/api%252fpbx%252fextensions',
  '/api/pbx/extensions/',
  '/API/PBX/EXTENSIONS',
  '/api\\pbx\\extensions',
  '/api/pbx/extensions;a=b',
  '/api/pbx/extensions/1001/',
  '/api/pbx/extensions//1001',
  '/api/pbx/extensions/1001%2fregistration',
  '/api/pbx/extensions/1001%252fregistration',
  '/api/pbx/extensions/1001%2f..%2f1001',
  '/api/pbx/extensions/1001%00',
  '/api/pbx/extensions/1001%0d%0aX-Injected:%20yes',
  '/api/pbx/extensions/%20%31%30%30%31',
  '/docs/../../package.json',
  '/docs/..%2f..%2fpackage.json',
  '/docs/%2e%2e/%2e%2e/package.json',
  '/docs/..%5c..%5cpackage.json',
  '/freeswitch/../api/pbx/extensions',
  '/freeswitch/..%2fapi%2fpbx%2fextensions',
];

const PROBES = [
  "'",
  "1001' OR '1'='1",
  "1001'; DROP TABLE extensions; --",
  "' UNION SELECT secret_hash FROM api_tokens --",
  '1001" OR ""="',
  '1001) OR (1=1',
  '1001\\',
  '%',
  '_',
  '!%',
  '/**/',
  '${7*7}{{7*7}}',
];

describeOnEach('HTTP, attacked,', (lane) => {
  let dialplane: Dialplane;
  let account: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    account = await dialplane.tenant();
    await dialplane.api(account.token, 'POST', '/extensions', { extension_number: '1001' });
  });

  /** As it is given: fetch would tidy the path first. */
  async function asWritten(path: string, headers: Record<string, string> = {}): Promise<[number, string]> {
    const { hostname, port } = new URL(dialplane.url);
    const request = httpRequest({ hostname, port, path, headers });
    return new Promise((resolve, reject) => {
      request.once('error', reject);
      request.once('response', (response) => {
        text(response).then((body) => resolve([response.statusCode ?? 0, body]), reject);
      });
      request.end();
    });
  }

  const safe = ({ headers }: { headers: Headers }): Record<string, string | null> =>
    Object.fromEntries(Object.keys(SAFE).map((name) => [name, headers.get(name)]));

  it('sends a browser what keeps it safe, and lets no other origin in', async () => {
    const api = '/api/pbx/extensions';
    const headers = { Authorization: `Bearer ${account.token}`, Origin: CRM };
    const answers = [
      await dialplane.request('GET', api, { headers }),
      await dialplane.request('GET', `${api}/9999`, { headers }),
      await dialplane.request('GET', api, { headers: { Origin: CRM } }),
      await dialplane.request('GET', '/nowhere', { headers }),
      await dialplane.request('GET', '/docs', { headers }),
      await dialplane.request('GET', '/docs/openapi.json', { headers }),
      await dialplane.request('GET', '/health/live', { headers }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 401, 404, 200, 200, 200]);
    for (const answer of answers) {
      expect(safe(answer)).toEqual(SAFE);
      expect(answer.headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
    const preflight = await dialplane.request('OPTIONS', api, {
      headers: { Origin: CRM, 'Access-Control-Request-Method': 'GET' },
    });
    expect(preflight.status).toBeGreaterThanOrEqual(400);
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('sends a stream with them too, and a lookup without', async () => {
    const stream = new AbortController();
    const answer = await fetch(`${dialplane.url}/api/pbx/registrations/stream`, {
      headers: { Authorization: `Bearer ${account.token}` },
      signal: stream.signal,
    });
    expect([answer.status, safe(answer)]).toEqual([200, SAFE]);
    stream.abort();
    const lookup = await dialplane.lookupUser('1001', account.tenant.domain);
    expect(lookup.status).toBe(200);
    expect(Object.values(safe(lookup)).every((value) => value === null)).toBe(true);
  });

  it('has a page of documents that needs no more than its policy allows', async () => {
    const { text: page } = await dialplane.request('GET', '/docs');
    const scripts = [...page.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)];
    expect(scripts.length).toBeGreaterThan(0);
    for (const [, attributes = '', inline = ''] of scripts) {
      expect(inline.trim()).toBe('');
      const [, source = ''] = /src="([^"]+)"/.exec(attributes) ?? [];
      const script = await dialplane.request('GET', new URL(source, `${dialplane.url}/docs`).pathname);
      expect([source, script.status]).toEqual([source, 200]);
    }
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(page).not.toMatch(/\son\w+=/);
  });

  it.each(TRICKS)('answers GET %s with an error, and with no other route’s answer', async (path) => {
    for (const headers of [{}, { Authorization: `Bearer ${account.token}` }]) {
      const [status, body] = await asWritten(path, headers);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(Object.keys(JSON.parse(body) as object)).toEqual(['message']);
    }
  });

  it('refuses very long paths', async () => {
    const headers = { Authorization: `Bearer ${account.token}` };
    const statuses = [];
    for (const path of ['/api/pbx/extensions/', '/api/pbx/', '/docs/'])
      statuses.push((await asWritten(path + '%2f'.repeat(4_000), headers))[0]);
    expect(statuses).toEqual([404, 404, 400]);
  });

  it('stops reading a body that is too large, also when it does not say how large it is', async () => {
    const chunks = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(16_384).fill(32)),
    });
    const answer = await dialplane
      .request<{ message: string }>('POST', '/api/pbx/extensions', {
        headers: { Authorization: `Bearer ${account.token}`, 'Content-Type': 'application/json' },
        body: chunks,
        duplex: 'half',
      })
      // It may hang up before the client has read why.
      .catch(() => null);
    if (answer) expect([answer.status, answer.body.message]).toEqual([413, 'The request body is too large.']);
    expect((await dialplane.api<{ total: number }>(account.token, 'GET', '/extensions')).body.total).toBe(1);
  });

  it('takes from a body nothing that is not a client’s to say', async () => {
    const stolen = await dialplane.tenant();
    const foreign = {
      id: 4711,
      tenant_id: stolen.tenant.id,
      tenantId: stolen.tenant.id,
      tenant: { id: stolen.tenant.id },
      live_number: null,
      liveNumber: '1',
      a1: 'x',
      deleted_at: '2020-01-01T00:00:00Z',
      deletedAt: '2020-01-01T00:00:00Z',
      created_at: '2020-01-01T00:00:00Z',
      createdAt: '2020-01-01T00:00:00Z',
      updated_at: '2020-01-01T00:00:00Z',
      department_id: 1,
      password_changed_at: '2020-01-01T00:00:00Z',
      constructor: { prototype: { tenantId: stolen.tenant.id } },
    };
    const made = { extension_number: '1002', status: 'disabled', ...foreign };
    expect((await dialplane.api(account.token, 'POST', '/extensions', made)).status).toBeLessThan(500);
    const plain = { ...made, constructor: undefined };
    expect((await dialplane.api(account.token, 'POST', '/extensions', plain)).status).toBe(201);
    const row = { tenantId: account.tenant.id, extensionNumber: '1002' };
    const before = await dialplane.dataSource.manager.findOneByOrFail(Extension, row);
    expect(before).toMatchObject({ liveNumber: '1002', status: 'active', deletedAt: null });
    expect(before.id).toBeLessThan(4711);
    expect(before.a1).not.toBe('x');
    expect(before.createdAt.getFullYear()).toBeGreaterThan(2020);
    const changed = { ...foreign, constructor: undefined, display_name: 'New' };
    expect((await dialplane.api(account.token, 'PUT', '/extensions/1002', changed)).status).toBe(200);
    const after = await dialplane.dataSource.manager.findOneByOrFail(Extension, row);
    expect({ ...after, updatedAt: null }).toEqual({ ...before, displayName: 'New', updatedAt: null });
    expect(await dialplane.dataSource.manager.countBy(Extension, { tenantId: stolen.tenant.id })).toBe(0);
  });

  it.each(PROBES)('takes %s for the text it is, wherever it is written', async (probe) => {
    const tables = async (): Promise<unknown> => ({
      extensions: await dialplane.dataSource.manager.find(Extension, { order: { id: 'ASC' } }),
      others: await Promise.all(
        dialplane.dataSource.entityMetadatas.map(({ target }) => dialplane.dataSource.manager.count(target)),
      ),
    });
    const before = await tables();
    const written = encodeURIComponent(probe);
    const { token } = account;
    const searches = ['/extensions', '/registrations', '/caller-ids'].map(
      (path) => `${path}?search=${written}`,
    );
    for (const path of searches) {
      const { status, body } = await dialplane.api<{ total: number }>(token, 'GET', path);
      expect([path, status, body.total]).toEqual([path, 200, 0]);
    }
    for (const name of ['status', 'page', 'per_page', 'include']) {
      const answer = await dialplane.api(token, 'GET', `/extensions?${name}=${written}`);
      expect([name, answer.status]).toEqual([name, 422]);
    }
    expect((await dialplane.api(token, 'GET', `/extensions?sort=${written}&order=${written}`)).status).toBe(
      200,
    );
    for (const [method, path, body] of [
      ['GET', `/extensions/${written}`],
      ['GET', `/extensions/${written}/revocations`],
      ['GET', `/extensions/1001${written}`],
      ['PUT', `/extensions/${written}`, { status: 'disabled' }],
      ['DELETE', `/extensions/${written}`],
      ['DELETE', `/extensions/1001/registration/${written}`],
    ] as const) {
      const answer = await dialplane.api(token, method, path, body);
      expect([method, path, answer.status]).toEqual([method, path, 404]);
    }
    const [id = ''] = token.split('|');
    for (const stranger of [probe, `${id}${probe}|x`, `${id}|${probe}`]) {
      const headers = { Authorization: `Bearer ${stranger}`, 'If-Match': probe, 'Last-Event-ID': probe };
      expect((await dialplane.request('GET', '/api/pbx/extensions', { headers })).status).toBe(401);
    }
    const lookups = [
      await dialplane.lookupUser(probe, account.tenant.domain),
      await dialplane.lookupUser('1001', probe),
    ];
    for (const lookup of lookups) expect(lookup.text).toContain('not found');
    expect(await tables()).toEqual(before);
  });
});

describeOnce('CORS_ORIGINS', (lane) => {
  let dialplane: Dialplane;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane, { CORS_ORIGINS: `${CRM}, http://127.0.0.1:8080` });
  });
  afterAll(() => dialplane.stop());

  const preflight = (origin: string, path = '/api/pbx/extensions/1001'): Promise<Answer<unknown>> =>
    dialplane.request('OPTIONS', path, {
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': 'authorization,if-match',
      },
    });
  const access = ({ headers }: Answer<unknown>): Record<string, string> =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));

  it('may ask beforehand, without a token', async () => {
    for (const origin of [CRM, 'http://127.0.0.1:8080']) {
      const answer = await preflight(origin);
      expect(answer.status).toBe(204);
      expect(access(answer)).toEqual({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST, PUT, DELETE',
        'access-control-allow-headers':
          'Authorization, Content-Type, Idempotency-Key, If-Match, Last-Event-ID, X-Request-Id',
        'access-control-expose-headers': expect.any(String) as string,
        'access-control-max-age': '600',
      });
      expect(answer.headers.get('vary')).toContain('Origin');
    }
  });

  it.each(['https://crm.example.evil.test', 'http://crm.example', 'https://CRM.example', 'null'])(
    'do not mean %s',
    async (origin) => {
      expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
      const answer = await dialplane.request('GET', '/api/pbx/extensions', { headers: { Origin: origin } });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('may read answers, errors and streams, but not without a token', async () => {
    const { token } = await dialplane.tenant();
    const headers = { Origin: CRM, Authorization: `Bearer ${token}` };
    const answers = [
      await dialplane.request('GET', '/api/pbx/extensions', { headers }),
      await dialplane.request('GET', '/api/pbx/extensions/9999', { headers }),
      await dialplane.request('GET', '/api/pbx/extensions', { headers: { Origin: CRM } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 401]);
    for (const answer of answers) {
      expect(access(answer)).toEqual({
        'access-control-allow-origin': CRM,
        'access-control-expose-headers':
          'X-Request-Id, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, ETag, Idempotent-Replayed, Location',
      });
    }
    const stream = new AbortController();
    const { signal } = stream;
    const live = await fetch(`${dialplane.url}/api/pbx/registrations/stream`, { headers, signal });
    expect([live.status, live.headers.get('access-control-allow-origin')]).toEqual([200, CRM]);
    stream.abort();
  });

  it('have no say at FreeSWITCH’s door', async () => {
    const lookup = await dialplane.request('POST', '/freeswitch/directory', { headers: { Origin: CRM } });
    expect(lookup.status).toBe(401);
    expect([access(lookup), access(await preflight(CRM, '/freeswitch/directory'))]).toEqual([{}, {}]);
  });
});

describeOnce('TRUSTED_PROXIES', (lane) => {
  it.each([
    ['', '203.0.113.7', '127.0.0.1'],
    ['10.0.0.0/8,::1', '203.0.113.7', '127.0.0.1'],
    ['127.0.0.0/8', '203.0.113.7', '203.0.113.7'],
    ['127.0.0.1, 10.0.0.0/8', '192.0.2.1, 203.0.113.7, 10.1.2.3', '203.0.113.7'],
  ])('of "%s" make of X-Forwarded-For: %s the address %s', async (proxies, forwarded, address) => {
    const dialplane = await Dialplane.start(lane, { TRUSTED_PROXIES: proxies });
    const headers = { 'X-Forwarded-For': forwarded, 'X-Request-Id': 'forwarded' };
    await dialplane.request('GET', '/api/pbx/extensions', { headers });
    const answered = (): string | undefined => dialplane.logLines.find((line) => line.includes('"answered"'));
    await eventually(() => answered() !== undefined);
    expect(JSON.parse(answered() ?? '')).toMatchObject({ from: address });
    await dialplane.stop();
  });
});

describeOnEach('an address that a trusted proxy forwards', (lane) => {
  let dialplane: Dialplane;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane, { TRUSTED_PROXIES: '127.0.0.1', RATE_LIMIT_PBX: '100' });
  });
  afterAll(() => dialplane.stop());

  it.each(['x'.repeat(300), '${jndi:x}', 'unknown', 'fe80::1%eth0'])(
    'is not taken for one when it is none: %s',
    async (forwarded) => {
      const { token } = await dialplane.tenant();
      const made = await dialplane.request('POST', '/api/pbx/extensions', {
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
          'X-Forwarded-For': forwarded,
        },
        body: JSON.stringify({ extension_number: '1001' }),
      });
      expect(made.status).toBe(201);
      const audit = await dialplane.api<{ data: { actor: { address: string } }[] }>(token, 'GET', '/audit');
      expect(audit.body.data[0]?.actor.address).toBe('127.0.0.1');
    },
  );
});
