import { once } from 'node:events';
import { connect } from 'node:net';
import { Dialplane } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnce, describeOnEach } from '../harness/lanes';

describeOnEach('HTTP', (lane) => {
  let dialplane: Dialplane;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());

  it('takes who hangs up in the middle for no fault of the database', async () => {
    const { hostname, port } = new URL(dialplane.url);
    const socket = connect(Number(port), hostname);
    const head = 'Host: x\r\nX-Request-Id: hung-up\r\nContent-Type: application/json\r\nContent-Length: 9';
    socket.write(`POST /api/auth/login HTTP/1.1\r\n${head}\r\n\r\n{`);
    await once(socket, 'connect');
    socket.destroySoon();
    const told = (): string[] => dialplane.logLines.filter((line) => line.includes('"hung-up"'));
    await eventually(() => told().length > 0);
    expect(told().join('')).not.toContain('request refused for now');
  });

  it('takes no number of 300 digits for anything but not found', async () => {
    const { token } = await dialplane.tenant();
    const answer = await dialplane.api(token, 'GET', `/extensions/${'1'.repeat(300)}`);
    expect([answer.status, answer.body]).toEqual([404, { message: 'Resource not found' }]);
  });

  it('tells Prometheus and health checks what they ask for', async () => {
    expect((await dialplane.request('GET', '/health/live')).body).toEqual({ status: 'ok' });
    expect((await dialplane.request('GET', '/health/ready')).body).toEqual({
      status: 'ok',
      database: 'ok',
      nodes: [],
    });
    await dialplane.lookupUser('1001', 'none.test');
    const scrape = await dialplane.request('GET', '/metrics');
    expect(scrape.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(scrape.text).toContain('dialplane_directory_lookups_total{result="not_found"} 1');
    expect(scrape.text).toContain('dialplane_directory_lookup_seconds_count 1');
  });
});

describeOnce('HTTP that reaches no database', (lane) => {
  let dialplane: Dialplane;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());

  /** Everything that comes back for these bytes. */
  async function raw(request: string): Promise<string> {
    const { hostname, port } = new URL(dialplane.url);
    const socket = connect(Number(port), hostname).setEncoding('latin1');
    let answer = '';
    socket.on('data', (text: string) => (answer += text));
    socket.write(request, 'latin1');
    await once(socket, 'close');
    return answer;
  }

  it.each([
    ['an unknown method', 'FOO / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a negative length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['a raw byte in the path', 'GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['huge headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])("refuses %s in the contract's words", async (_name, request, status) => {
    const answer = await raw(request);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.split('\r\n\r\n')[1]).toBe('{"message":"Malformed request"}');
  });

  it('does not hold half a request for long', async () => {
    const { token } = await dialplane.tenant();
    const started = Date.now();
    const answers = await Promise.all([
      raw('GET /health/live HTTP/1.1\r\nHost: x\r\n'),
      raw(
        `POST /api/pbx/extensions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
      ),
    ]);
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(Date.now() - started).toBeLessThan(20_000);
  });

  it('answers with the request id it was given, or one of its own', async () => {
    const given = await dialplane.request('GET', '/health/live', { headers: { 'X-Request-Id': 'mine-1' } });
    expect(given.headers.get('x-request-id')).toBe('mine-1');
    for (const wrong of ['', 'a b', 'x'.repeat(65), '"<']) {
      const own = await dialplane.request('GET', '/health/live', { headers: { 'X-Request-Id': wrong } });
      expect(own.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});
