import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { FakeFreeSwitch, type FakeOptions } from '../../test/fake-freeswitch/fake-freeswitch';
import { untilStatus } from '../../test/fake-freeswitch/until-status';
import { EslClient, type EslClientOptions, type EslEvent, type EslStatus, type EslTimes } from './esl-client';
import { parseNodes } from './node-address';
import { stopwatch } from '../../test/harness/stopwatch';

const QUICK: Partial<EslTimes> = { handshake: 150, command: 2_000, backoffFirst: 5, backoffLongest: 20 };

describe('EslClient', () => {
  const logged: unknown[] = [];
  const log: EslClientOptions['log'] = {
    info: (...line) => logged.push(line),
    warn: (...line) => logged.push(line),
  };
  let fs: FakeFreeSwitch;
  let client: EslClient;

  async function begin(options: Partial<EslClientOptions> = {}, fake: FakeOptions = {}): Promise<void> {
    fs = await FakeFreeSwitch.start({ password: 'S3cret pass', ...fake });
    client = clientOf(fs.address, options);
  }

  function clientOf(address: string, { times, ...options }: Partial<EslClientOptions> = {}): EslClient {
    const [node] = parseNodes(address);
    if (!node) throw new Error('no node');
    return new EslClient(node, { log, ...options, times: { ...QUICK, ...times } });
  }

  async function ready(options: Partial<EslClientOptions> = {}): Promise<void> {
    await begin(options);
    client.start();
    await untilStatus(client, 'ready');
  }

  const nextEvent = (): Promise<EslEvent> => new Promise((resolve) => client.onEvent(resolve));

  afterEach(async () => {
    await client.stop();
    await fs.stop();
    logged.length = 0;
  });

  it('connects, authenticates and only then is ready', async () => {
    await begin({ subclasses: ['sofia::register', 'sofia::expire'], times: { handshake: 5_000 } });
    const seen: EslStatus[] = [];
    client.onStatus((status) => seen.push(status));
    client.start();
    expect(client.status).toBe('connecting');
    await untilStatus(client, 'ready');
    expect(seen).toEqual(['connecting', 'authenticating', 'ready']);
    expect(fs.commands).toContain('event json CUSTOM sofia::register sofia::expire');
    expect(client.snapshot()).toMatchObject({ name: 'fs1', status: 'ready', lastError: null, attempts: 1 });
  });

  it('subscribes to nothing unless asked to', async () => {
    await ready();
    await client.api('status');
    expect(fs.commands.join('\n')).not.toMatch(/CUSTOM|CHANNEL|BACKGROUND/);
  });

  it('receives what fits a filter and nothing else, after a reconnect too', async () => {
    const filters = [
      { header: 'kind', value: 'wanted' },
      { header: 'count', value: '/^[0-9]+$/' },
    ];
    await ready({ subclasses: ['sofia::register'], filters });
    for (const kind of ['first session', 'second session']) {
      const event = nextEvent();
      fs.fire('sofia::register', { kind: 'unwanted', count: 'many' });
      fs.fire('sofia::register', { kind: 'Wanted', contact: kind });
      await expect(event).resolves.toMatchObject({ kind: 'Wanted', contact: kind });
      const lost = untilStatus(client, 'waiting');
      fs.restart();
      await lost;
      await untilStatus(client, 'ready');
    }
    const counted = nextEvent();
    fs.fire('sofia::register', { count: '7' });
    await expect(counted).resolves.toMatchObject({ count: '7' });
    const sent = ['filter kind wanted', 'filter count /^[0-9]+$/', 'event json CUSTOM sofia::register'];
    expect(fs.commands.slice(2, 5)).toEqual(sent);
  });

  it.each([
    ['a header of two words', { header: 'two words', value: 'x' }],
    ['a value of two lines', { header: 'kind', value: 'x\n\nshutdown' }],
    ['no value', { header: 'kind', value: '' }],
  ])('refuses a filter with %s', async (_what, filter) => {
    await begin();
    expect(() => clientOf(fs.address, { filters: [filter] })).toThrow('filter');
  });

  it('resolves with the body as it is, errors too', async () => {
    await ready();
    await expect(client.api('status')).resolves.toContain('is ready');
    await expect(client.api('nosuchcmd')).resolves.toBe('-ERR nosuchcmd Command not found!\n');
  });

  it('gives every command its own answer, many at once', async () => {
    await ready();
    const words = Array.from({ length: 500 }, (_, index) => `word${index}`);
    for (const word of words) fs.answerWith(`echo ${word}`, word);
    await expect(Promise.all(words.map((word) => client.api(`echo ${word}`)))).resolves.toEqual(words);
  });

  it('answers fast: Nagle is off', async () => {
    await ready();
    const elapsed = stopwatch();
    for (let index = 0; index < 50; index += 1) await client.api('uptime');
    expect(elapsed()).toBeLessThan(50 * 20);
  });

  it.each(['uptime\n\nshutdown', 'uptime\rx', 'a\u0000b', 'a\u007fb', 'a\u0085b', ''])(
    'refuses %j before anything is written',
    async (command) => {
      await ready();
      await client.api('status');
      const before = fs.commands.length;
      await expect(client.api(command)).rejects.toMatchObject({ code: 'ESL_BAD_COMMAND' });
      await client.api('version');
      expect(fs.commands.slice(before)).toEqual(['api version']);
    },
  );

  it('takes an answer that came in time while the process was busy past the deadline', async () => {
    await ready();
    const answer = client.api('status', 50);
    await fs.waitForCommand((command) => command === 'api status');
    // By then the fake has written its answer, and nobody has read it.
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (const until = performance.now() + 100; performance.now() < until;);
    await expect(answer).resolves.toContain('is ready');
  });

  it('refuses a subclass that is more than one word', async () => {
    await begin();
    expect(() => clientOf(fs.address, { subclasses: ['sofia::register ALL'] })).toThrow('subclass');
  });

  it('rejects commands at once while there is no session', async () => {
    await begin();
    await expect(client.api('status')).rejects.toMatchObject({ code: 'ESL_NOT_READY' });
  });

  it('delivers subscribed events, and survives a listener that throws', async () => {
    await ready({ subclasses: ['sofia::register'] });
    client.onEvent(() => {
      throw new Error('a bad listener');
    });
    const event = nextEvent();
    fs.fire('sofia::unwanted', { user: 'x' });
    fs.fire('sofia::register', { 'from-user': '1001', contact: '"Zoë" <sip:1001@10.0.0.1>' });
    await expect(event).resolves.toMatchObject({
      'Event-Subclass': 'sofia::register',
      'from-user': '1001',
      contact: '"Zoë" <sip:1001@10.0.0.1>',
    });
    expect(JSON.stringify(logged)).toContain('a bad listener');
    await expect(client.api('uptime')).resolves.toBe('52\n');
  });

  it('ends an event subscription and a status subscription', async () => {
    await ready({ subclasses: ['sofia::register'] });
    const heard: unknown[] = [];
    client.onEvent((event) => heard.push(event))();
    client.onStatus((status) => heard.push(status))();
    const event = nextEvent();
    fs.fire('sofia::register', {});
    await event;
    await client.stop();
    expect(heard).toEqual([]);
  });

  it('puts UTF-8 together that arrives in pieces of one byte', async () => {
    await ready({ subclasses: ['sofia::register'] });
    fs.splitWrites(1);
    fs.answerWith('echo', 'Grüße 😀');
    const event = nextEvent();
    fs.fire('sofia::register', { 'user-agent': 'Fön 😀' });
    await expect(client.api('echo')).resolves.toBe('Grüße 😀');
    await expect(event).resolves.toMatchObject({ 'user-agent': 'Fön 😀' });
  });

  it('takes an answer of 8 MB', async () => {
    await ready();
    const body = 'ä'.repeat(4 * 1024 * 1024);
    fs.answerWith('big', body);
    expect((await client.api('big', 15_000)) === body).toBe(true);
  });

  describe('when the node hangs', () => {
    it('rejects by deadline, drops the session, and never gives the late answer to another command', async () => {
      await ready();
      fs.answerWith('echo late', 'late');
      fs.answerWith('echo own', 'own');
      fs.hang();
      const late = client.api('echo late', 40);
      // Behind it, and so not on its own time yet.
      const other = client.api('echo other', 20);
      await expect(late).rejects.toMatchObject({ code: 'ESL_DEADLINE_MISSED' });
      await expect(other).rejects.toMatchObject({ code: 'ESL_CONNECTION_LOST' });
      await fs.waitForNoConnection();
      expect(client.snapshot().lastError).toBe('a command missed its deadline');
      fs.unhang();
      await untilStatus(client, 'ready');
      await expect(client.api('echo own')).resolves.toBe('own');
    });

    it('notices it by itself when nothing is asked', async () => {
      await ready({ times: { keepalive: 20, command: 40 } });
      fs.hang();
      await untilStatus(client, 'waiting');
      fs.unhang();
      await untilStatus(client, 'ready');
    });

    it('gives up an authentication that is not answered, and tries again', async () => {
      await begin({ times: { handshake: 30 } });
      fs.hang();
      client.start();
      await untilStatus(client, 'waiting');
      expect(client.snapshot().lastError).toBe('no answer to the authentication in time');
      fs.unhang();
      await untilStatus(client, 'ready');
    });

    it('bounds what waits, and rejects all of it when stopped', async () => {
      await ready();
      fs.hang();
      const waiting = Promise.allSettled(Array.from({ length: 1_000 }, () => client.api('uptime')));
      await expect(client.api('uptime')).rejects.toMatchObject({ code: 'ESL_QUEUE_FULL' });
      await client.stop();
      const codes = (await waiting).map((each) =>
        each.status === 'rejected' ? (each.reason as { code: string }).code : each.status,
      );
      expect(new Set(codes)).toEqual(new Set(['ESL_CONNECTION_LOST']));
    });
  });

  it('comes back after a reset', async () => {
    await ready();
    const lost = untilStatus(client, 'waiting');
    fs.hang();
    const pending = client.api('status');
    await fs.waitForCommand((command) => command === 'api status');
    fs.reset();
    await expect(pending).rejects.toMatchObject({ code: 'ESL_CONNECTION_LOST' });
    await lost;
    expect(client.snapshot().lastError).toMatch(/ECONNRESET|closed/);
    fs.unhang();
    await untilStatus(client, 'ready');
    await expect(client.api('uptime')).resolves.toBe('52\n');
  });

  it('comes back after a restart', async () => {
    await ready();
    const before = await client.api('global_getvar core_uuid');
    const lost = untilStatus(client, 'waiting');
    fs.restart();
    await lost;
    await untilStatus(client, 'ready');
    await expect(client.api('global_getvar core_uuid')).resolves.not.toBe(before);
  });

  it('keeps trying a node that is down, and says why', async () => {
    await ready();
    const lost = untilStatus(client, 'waiting');
    await fs.refuse();
    await lost;
    await untilStatus(client, 'connecting');
    await untilStatus(client, 'waiting');
    expect(client.snapshot()).toMatchObject({ lastError: 'connection failed (ECONNREFUSED)' });
    expect(client.snapshot().attempts).toBeGreaterThan(1);
    await fs.accept();
    await untilStatus(client, 'ready');
    expect(client.snapshot().lastError).toBeNull();
  });

  it('ends the count of attempts with a session that lasted', async () => {
    await ready({ times: { steady: 0 } });
    const lost = untilStatus(client, 'waiting');
    fs.reset();
    await lost;
    await untilStatus(client, 'ready');
    expect(client.snapshot().attempts).toBe(1);
  });

  it('notices a peer that closes only its own direction', async () => {
    await begin();
    const halves = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      socket.write('Content-Type: auth/request\n\n');
      socket.once('data', () => socket.end('Content-Type: command/reply\nReply-Text: +OK accepted\n\n'));
    }).listen(0, '127.0.0.1');
    await once(halves, 'listening');
    const half = clientOf(`esl://:x@127.0.0.1:${(halves.address() as AddressInfo).port}`);
    try {
      half.start();
      await untilStatus(half, 'ready');
      await untilStatus(half, 'waiting');
      expect(half.snapshot().lastError).toBe('connection closed by FreeSWITCH');
    } finally {
      await half.stop();
      await new Promise((resolve) => halves.close(resolve));
    }
  });

  it.each([
    ['a header with a lone percent sign', 'Content-Type: command/reply\nReply-Text: 100%\n\n'],
    ['an event that is no JSON', 'Content-Length: 5\nContent-Type: text/event-json\n\n{"a":'],
  ])('survives %s with another session', async (_what, frame) => {
    await ready();
    const lost = untilStatus(client, 'waiting');
    fs.sendRaw(frame);
    await lost;
    expect(client.snapshot().lastError).toMatch(/unreadable/);
    await untilStatus(client, 'ready');
    await expect(client.api('uptime')).resolves.toBe('52\n');
  });

  describe('when FreeSWITCH refuses us', () => {
    it('says that the password is wrong, hurries no second attempt, and tells nobody the password', async () => {
      await begin();
      client = clientOf(fs.address.replace('S3cret', 'Wr0ng'));
      client.start();
      await untilStatus(client, 'waiting');
      expect(client.snapshot()).toMatchObject({ lastError: 'authentication refused', attempts: 1 });
      expect(fs.commands).toEqual(['auth Wr0ng pass']);
      const [, { pauseMs }] = logged.at(-1) as [string, { pauseMs: number }];
      expect(pauseMs).toBeGreaterThanOrEqual(15_000);
      expect(inspect([logged, client, client.snapshot()], { depth: 9, showHidden: true })).not.toContain(
        'Wr0ng',
      );
    });

    it('tries again later', async () => {
      await begin({ times: { refused: 20 } });
      fs.rejectByAcl();
      client.start();
      await untilStatus(client, 'waiting');
      expect(client.snapshot().lastError).toBe('refused by ACL');
      fs.rejectByAcl(false);
      await untilStatus(client, 'ready');
    });
  });

  describe('stop', () => {
    it('ends an attempt that is under way', async () => {
      await begin();
      client.start();
      await client.stop();
      expect(client.status).toBe('stopped');
      client.start();
      await untilStatus(client, 'authenticating');
      await client.stop();
      expect(client.status).toBe('stopped');
    });

    it('ends a pause, may be called twice, and lets it be started again', async () => {
      await begin();
      await fs.refuse();
      client.start();
      await untilStatus(client, 'waiting');
      await Promise.all([client.stop(), client.stop()]);
      await fs.accept();
      expect(client.status).toBe('stopped');
      client.start();
      await untilStatus(client, 'ready');
    });
  });
});
