import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createClient } from '@redis/client';
import { SYSTEM } from '../../src/core/actor';
import { ApiToken } from '../../src/schema/api-token.entity';
import { LOGIN } from '../../src/api/edge/rate-limits/subject';
import { UsersService } from '../../src/accounts/users/users.service';
import { type Answer, Dialplane, type TestTenant } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnEach, sqliteLane, type TestDatabase } from '../harness/lanes';
import { describeWithRedis, PrivateRedis } from '../harness/redis';
import { stopwatch } from '../harness/stopwatch';

interface Outage {
  name: string;
  begin: () => Promise<void> | void;
  end: () => Promise<void> | void;
}

const PASSWORD = 'correct horse battery';
const LIMITS = { RATE_LIMIT_PBX: '5', RATE_LIMIT_AUTH: '3', RATE_LIMIT_LOGIN: '4' };

/** Limit, remaining, and seconds until the reset. */
function told({ headers }: Answer<unknown>): (number | null)[] {
  const number = (name: string): number | null => {
    const text = headers.get(`x-ratelimit-${name}`);
    return text === null ? null : Number(text);
  };
  const reset = number('reset');
  return [number('limit'), number('remaining'), reset && reset - Math.floor(Date.now() / 1000)];
}

async function times<T>(count: number, run: () => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let i = 0; i < count; i++) answers.push(await run());
  return answers;
}

const statuses = async (count: number, run: () => Promise<Answer<unknown>>): Promise<number[]> =>
  (await times(count, run)).map(({ status }) => status);

describeOnEach('rate limits', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeEach(async () => {
    dialplane = await Dialplane.start(lane, LIMITS);
    tenant = await dialplane.tenant();
  });
  afterEach(() => dialplane.stop());

  const list = (token = tenant.token): Promise<Answer<unknown>> => dialplane.api(token, 'GET', '/extensions');
  const login = (body: string, path = LOGIN): Promise<Answer<unknown>> =>
    dialplane.request('POST', path, { headers: { 'Content-Type': 'application/json' }, body });
  const pair = (username: string): string => JSON.stringify({ username, password: PASSWORD });
  const metric = async (line: string): Promise<boolean> =>
    (await dialplane.request('GET', '/metrics')).text.includes(line);

  it('count the requests of a token, refuse one too many, and say when to come again', async () => {
    for (const remaining of [4, 3, 2, 1, 0]) {
      const answer = await list();
      expect([answer.status, told(answer).slice(0, 2)]).toEqual([200, [5, remaining]]);
    }
    const refused = await list();
    const retryAfter = Number(refused.headers.get('retry-after'));
    expect([refused.status, refused.body]).toEqual([
      429,
      { message: `Too many requests. Retry after ${retryAfter} seconds.` },
    ]);
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);
    const [limit, remaining, reset] = told(refused);
    expect([limit, remaining]).toEqual([5, 0]);
    expect(Math.abs((reset ?? 0) - retryAfter)).toBeLessThanOrEqual(1);
    expect(await metric('dialplane_rate_limited_total{class="pbx"} 1')).toBe(true);
    expect((await list((await dialplane.tenant()).token)).status).toBe(200);
  });

  it('are told with every answer, whatever it is', async () => {
    const requests: [number, string, string, unknown?][] = [
      [201, 'POST', '/extensions', { extension_number: '1001' }],
      [422, 'POST', '/extensions', {}],
      [404, 'GET', '/extensions/9999'],
      [404, 'GET', '/nothing'],
      [413, 'POST', '/extensions', { x: 'x'.repeat(100_000) }],
    ];
    for (const [i, [status, ...request]] of requests.entries()) {
      const answer = await dialplane.api(tenant.token, ...request);
      expect([answer.status, ...told(answer).slice(0, 2)]).toEqual([status, 5, 4 - i]);
    }
    const agent = await dialplane.token(tenant.tenant, 'agent');
    for (const [token, status] of [
      ['none', 401],
      [agent, 403],
    ] as const) {
      const answer = await list(token);
      expect([answer.status, ...told(answer).slice(0, 2)]).toEqual([status, 5, 4]);
    }
  });

  it.each(['/api/%zz', '/api/pbx/extensions/%', '/api/pbx/extensions?search=%e0%a4%a'])(
    'are told and count also where a URL is none: %s',
    async (path) => {
      for (const remaining of [4, 3, 2, 1, 0]) {
        const answer = await dialplane.request('GET', path);
        expect([answer.status, answer.body]).toEqual([400, { message: 'Malformed request URL' }]);
        expect(told(answer).slice(0, 2)).toEqual([5, remaining]);
        expect(answer.headers.get('x-request-id')).not.toBeNull();
      }
      expect((await dialplane.request('GET', path)).status).toBe(429);
      const headers = { Authorization: `Bearer ${tenant.token}` };
      const known = await dialplane.request('GET', path, { headers });
      expect([known.status, ...told(known).slice(0, 2)]).toEqual([400, 5, 4]);
    },
  );

  it('are told and count also while nobody can say whose a token is', async () => {
    const { dataSource } = dialplane;
    await dataSource.query('ALTER TABLE api_tokens RENAME TO elsewhere');
    try {
      const answers = await times(6, list);
      expect(answers.map(({ status }) => status)).toEqual([500, 500, 500, 500, 500, 429]);
      expect(answers.map((answer) => told(answer).slice(0, 2))).toEqual(
        [4, 3, 2, 1, 0, 0].map((remaining) => [5, remaining]),
      );
    } finally {
      await dataSource.query('ALTER TABLE elsewhere RENAME TO api_tokens');
    }
  });

  it('of a token are its own, if it has one', async () => {
    const [id] = tenant.token.split('|');
    await dialplane.dataSource.manager.update(ApiToken, Number(id), { rateLimit: 2 });
    expect(await statuses(3, list)).toEqual([200, 200, 429]);
    await dialplane.dataSource.manager.update(ApiToken, Number(id), { rateLimit: 7 });
    expect(told(await list()).slice(0, 2)).toEqual([7, 4]);
  });

  it('count who brings no good token by address, and leave good ones alone', async () => {
    const [id] = tenant.token.split('|');
    const guess = (): Promise<Answer<unknown>> => list(`${id}|${'x'.repeat(40)}`);
    expect(await statuses(6, guess)).toEqual([401, 401, 401, 401, 401, 429]);
    expect((await list('')).status).toBe(429);
    expect((await list()).status).toBe(200);
  });

  it('differ by what is asked for', async () => {
    const auth = (): Promise<Answer<unknown>> =>
      dialplane.request('GET', '/api/auth/me', { headers: { Authorization: `Bearer ${tenant.token}` } });
    expect(told(await auth()).slice(0, 2)).toEqual([3, 2]);
    expect(told(await list()).slice(0, 2)).toEqual([5, 4]);
    expect(told(await login('{}')).slice(0, 2)).toEqual([4, 3]);
    expect(await statuses(3, auth)).toEqual([200, 200, 429]);
    expect(await metric('dialplane_rate_limited_total{class="auth"} 1')).toBe(true);
  });

  it('of logins are by address, whatever is sent and however the path is written', async () => {
    expect(await statuses(2, () => login('{'))).toEqual([400, 400]);
    expect((await login('{}')).status).toBe(422);
    expect((await login(pair('nobody'), '/%61pi/auth/login')).status).toBe(401);
    expect((await login(pair('nobody'), '/%61pi/auth/login')).status).toBe(429);
    expect((await login(pair('nobody'))).status).toBe(429);
  });

  it('of logins are by name as well, however it is typed, whether there is one or not', async () => {
    const user = { username: 'lan.tran', role: 'admin', password: PASSWORD } as const;
    await dialplane.get(UsersService).create(tenant.tenant.id, user, SYSTEM);
    let address = 1;
    const from = async (username: string, password = 'wrong'): Promise<unknown[]> => {
      const from = { hostname: '127.0.0.1', localAddress: `127.0.0.${++address}` };
      const headers = { 'Content-Type': 'application/json' };
      const sent = request({
        ...from,
        port: new URL(dialplane.url).port,
        method: 'POST',
        path: LOGIN,
        headers,
      });
      sent.end(JSON.stringify({ username, password }));
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      answer.resume();
      return [answer.statusCode, answer.headers['x-ratelimit-remaining']];
    };
    for (const name of ['lan.tran', 'nobody']) {
      for (const [i, typed] of [name, name.toUpperCase(), ` ${name}`, name].entries())
        expect(await from(typed)).toEqual([401, String(3 - i)]);
      expect(await from(name, PASSWORD)).toEqual([429, '0']);
    }
    // To some databases this is the same name; it would be another window for each accent.
    expect(await from('l\u00e0n.tran', PASSWORD)).toEqual([401, '3']);
  });

  it('are for the API alone', async () => {
    for (const path of ['/health/live', '/metrics', '/docs/openapi.json'])
      expect(told(await dialplane.request('GET', path))).toEqual([null, null, null]);
  });
});

describe('a limit of 0', () => {
  it('is none, and no answer speaks of it', async () => {
    const dialplane = await Dialplane.start(sqliteLane, { RATE_LIMIT_AUTH: '1' });
    const { token } = await dialplane.tenant();
    const answers = await times(10, () => dialplane.api(token, 'GET', '/extensions'));
    expect(answers.map((answer) => [answer.status, ...told(answer)])).toEqual(
      Array.from({ length: 10 }, () => [200, null, null, null]),
    );
    await dialplane.stop();
  });
});

describeWithRedis('rate limits in Redis', () => {
  let redis: PrivateRedis;
  let one: Dialplane;
  let token: string;
  const start = (database?: TestDatabase): Promise<Dialplane> =>
    Dialplane.start(sqliteLane, { ...LIMITS, REDIS_URL: redis.url }, database);

  beforeEach(async () => {
    redis = await PrivateRedis.start();
    one = await start();
    ({ token } = await one.tenant());
  });
  afterEach(async () => {
    await one.stop();
    await redis.stop();
  });

  const list = (dialplane: Dialplane): Promise<Answer<unknown>> => dialplane.api(token, 'GET', '/extensions');
  const passed = async (dialplane: Dialplane): Promise<number> => {
    const { text } = await dialplane.request('GET', '/metrics');
    return Number(/dialplane_rate_limit_passed_total (\d+)/.exec(text)?.[1]);
  };
  const lines = (dialplane: Dialplane, sentence: string): number =>
    dialplane.logLines.filter((line) => line.includes(sentence)).length;

  it('are shared by instances', async () => {
    const other = await start(one.database);
    for (const [dialplane, remaining] of [
      [one, 4],
      [other, 3],
      [one, 2],
      [other, 1],
      [other, 0],
    ] as const) {
      const [limit, left, reset] = told(await list(dialplane));
      expect([limit, left]).toEqual([5, remaining]);
      expect(reset).toBeGreaterThanOrEqual(50);
      expect(reset).toBeLessThanOrEqual(61);
    }
    for (const dialplane of [one, other]) {
      const refused = await list(dialplane);
      expect([refused.status, Number(refused.headers.get('retry-after')) <= 60]).toEqual([429, true]);
    }
    await other.stop({ keepDatabase: true });
  });

  it('let no more than the limit pass, however many come at once', async () => {
    const other = await start(one.database);
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => list(i % 2 ? one : other)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    await other.stop({ keepDatabase: true });
  });

  it('slide: what is older than a minute no longer counts, and what lies idle goes', async () => {
    const client = createClient({ url: redis.url });
    await client.connect();
    try {
      expect(await statuses(6, () => list(one))).toEqual([200, 200, 200, 200, 200, 429]);
      const key = `dialplane:limit:pbx:token:${token.split('|')[0]}`;
      expect(await client.pTTL(key)).toBeGreaterThan(50_000);
      const moved = async (ms: number): Promise<void> => {
        for (const [second, bucket] of Object.entries(await client.hGetAll(key))) {
          const [count, last] = bucket.split(' ');
          await client.hDel(key, second);
          await client.hSet(key, Number(second) - ms / 1000, `${count} ${Number(last) - ms}`);
        }
      };
      await moved(30_000);
      const refused = await list(one);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(30);
      await moved(30_000);
      expect(told(await list(one)).slice(0, 2)).toEqual([5, 4]);
    } finally {
      client.destroy();
    }
  });

  const outages: Outage[] = [
    { name: 'gone', begin: () => redis.kill(), end: () => redis.start() },
    { name: 'hanging', begin: () => redis.hang(), end: () => redis.goOn() },
  ];

  it.each(outages)(
    'let requests pass while Redis is $name, and are kept again after it',
    async ({ begin, end }) => {
      expect(await statuses(6, () => list(one))).toEqual([200, 200, 200, 200, 200, 429]);
      await begin();
      const elapsed = stopwatch();
      for (const answer of await times(20, () => list(one)))
        expect([answer.status, ...told(answer).slice(0, 2)]).toEqual([200, 5, 5]);
      expect(elapsed()).toBeLessThan(5_000);
      expect(await passed(one)).toBe(20);
      await eventually(() => lines(one, 'Redis is away') === 1);
      await end();
      await eventually(async () => told(await list(one))[1] !== 5);
      const count = await passed(one);
      expect(await statuses(6, () => list(one))).toContain(429);
      expect(await passed(one)).toBe(count);
      expect([lines(one, 'Redis is away'), lines(one, 'Redis is back')]).toEqual([1, 1]);
    },
  );
});

describe('without the Redis that it is to use', () => {
  it('Dialplane starts, lets requests pass, and stops', async () => {
    const dialplane = await Dialplane.start(sqliteLane, {
      ...LIMITS,
      REDIS_URL: 'redis://:s3cret@127.0.0.1:1',
    });
    const { token } = await dialplane.tenant();
    expect(await statuses(10, () => dialplane.api(token, 'GET', '/extensions'))).toEqual(
      Array.from({ length: 10 }, () => 200),
    );
    expect(dialplane.logLines.join('')).toContain('Redis is away');
    expect(dialplane.logLines.join('')).not.toContain('s3cret');
    await dialplane.stop();
  });
});
