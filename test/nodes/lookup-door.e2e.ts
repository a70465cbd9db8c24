import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { basic, Dialplane, type TestTenant, XML_CURL_PASSWORD } from '../harness/dialplane';
import { NOT_FOUND, USER } from '../harness/directory-answer';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';

const FORM = 'application/x-www-form-urlencoded';

describeOnEach('FreeSWITCH’s POST to /freeswitch/directory', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let body: string;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
    tenant = await dialplane.tenant();
    await dialplane.api(tenant.token, 'POST', '/extensions', { extension_number: '1001' });
    body = new URLSearchParams({ ...USER, user: '1001', domain: tenant.tenant.domain }).toString();
  });
  afterAll(() => dialplane.stop());

  const open = async (): Promise<Socket> => {
    const { hostname, port } = new URL(dialplane.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return socket;
  };
  const head = (...headers: string[]): string =>
    ['POST /freeswitch/directory HTTP/1.1', 'Host: x', ...headers, '', ''].join('\r\n');
  const credentials = `Authorization: ${basic('freeswitch', XML_CURL_PASSWORD)}`;
  const plain = (...more: string[]): string[] => [
    credentials,
    `Content-Type: ${FORM}`,
    `Content-Length: ${body.length}`,
    ...more,
  ];

  /** The answer to these bytes, but for what differs from one to the next. */
  async function answer(...parts: string[]): Promise<string> {
    const socket = await open();
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => (received += text));
    for (const part of parts) {
      socket.write(part);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => Promise.resolve(isWhole(received)));
    socket.destroy();
    return received.replace(/(x-request-id|Date): .*\r\n/g, '$1: …\r\n');
  }

  it('has the same answer to the byte in whatever shape it comes', async () => {
    const expected = await answer(head(...plain()) + body);
    expect(expected).toMatch(
      /^HTTP\/1\.1 200 OK\r\nx-request-id: …\r\ncontent-type: text\/xml; charset=utf-8\r\n/,
    );
    expect(expected).toContain('a1-hash');
    const size = body.length.toString(16);
    for (const [name, ...parts] of [
      ['in pieces', head(...plain()), body.slice(0, 10), body.slice(10)],
      ['through a proxy', head(...plain('X-Forwarded-For: 10.0.0.1')) + body],
      [
        'in chunks',
        `${head(credentials, `Content-Type: ${FORM}`, 'Transfer-Encoding: chunked')}${size}\r\n${body}\r\n0\r\n\r\n`,
      ],
      ['with a charset', head(...plain().map((line) => line.replace(FORM, `${FORM}; charset=UTF-8`))) + body],
      ['with another', head(...plain().map((line) => line.replace(FORM, `${FORM}; charset=latin1`))) + body],
    ] as const)
      expect([name, await answer(...parts)]).toEqual([name, expected]);
  });

  it.each([
    ['no credentials', () => plain().slice(1), 401, 'Unauthenticated.'],
    [
      'too large a body',
      () => [credentials, `Content-Type: ${FORM}`, 'Content-Length: 65537'],
      413,
      'The request body is too large.',
    ],
    [
      'another type',
      () => plain().map((line) => line.replace(FORM, 'application/x-tar')),
      400,
      'Malformed request body',
    ],
  ])('is refused with %s as anywhere', async (_name, headers, status, message) => {
    const received = await answer(head(...headers()) + body);
    expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(received.split('\r\n\r\n')[1]).toBe(JSON.stringify({ message }));
  });

  it('answers one after another on a connection that stays open', async () => {
    const socket = await open();
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => (received += text));
    const unknown = body.replace('1001', '1002');
    for (const form of [body, unknown, body]) socket.write(head(...plain()) + form);
    await eventually(() => Promise.resolve(received.split('</document>').length === 4));
    socket.destroy();
    expect(received.split('HTTP/1.1 200 OK').map((each) => each.includes('a1-hash'))).toEqual([
      ...[false, true, false, true],
    ]);
    expect(received).toContain(NOT_FOUND);
  });

  it('is logged at debug once, with its request id', async () => {
    await answer(head(...plain('X-Request-Id: lookup-1')) + body);
    const lines = (): string[] => dialplane.logLines.filter((line) => line.includes('"lookup-1"'));
    await eventually(() => Promise.resolve(lines().length > 0));
    expect(lines().map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        level: 20,
        reqId: 'lookup-1',
        method: 'POST',
        path: '/freeswitch/directory',
        status: 200,
        ms: expect.any(Number) as number,
        from: '127.0.0.1',
      }),
    ]);
  });

  it('that breaks off is nobody’s fault', async () => {
    const socket = await open();
    socket.write(head(...plain('X-Request-Id: broken-off')) + body.slice(0, 10));
    socket.destroySoon();
    const lines = (): string[] => dialplane.logLines.filter((line) => line.includes('"broken-off"'));
    await eventually(() => Promise.resolve(lines().some((line) => line.includes('the client disconnected'))));
    expect(lines().filter((line) => /"level":(40|50)/.test(line))).toEqual([]);
    expect(await answer(head(...plain()) + body)).toContain('a1-hash');
  });

  it('that stops in the middle is given up', async () => {
    const socket = await open();
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => (received += text));
    socket.write(head(...plain()) + body.slice(0, 10));
    await once(socket, 'close');
    expect(received).toMatch(/^HTTP\/1\.1 408 /);
  });
});

function isWhole(received: string): boolean {
  const end = received.indexOf('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(received)?.[1];
  return end >= 0 && received.length >= end + 4 + Number(length);
}
