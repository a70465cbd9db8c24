import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { asJson, asPlain } from './events';
import type { Pair } from './directory-xml';
import { FakeFreeSwitch } from './fake-freeswitch';
import { NOT_FOUND, startStubBackend, userDocument } from './stub-backend';
import { within } from './within';
import { a1Hash } from './digest';

const recorded = (name: string): string =>
  readFileSync(join(__dirname, '../fixtures/freeswitch', name), 'utf8');
const VARIABLES =
  '<variables><variable name="user_context" value="default"/><variable name="max_concurrent" value="2"/></variables>';
const A1 = `<params><param name="a1-hash" value="${a1Hash('1001', 'pbx.test', 'pw')}"/></params>`;
const phone = { user: '1001', domain: 'pbx.test', password: 'pw' };

/** The events of a recording, as lists of headers; those with a header that is a list are left out. */
function recordedEvents(): Pair[][] {
  const text = Buffer.from(recorded('esl-events-json.txt'));
  const events: Pair[][] = [];
  for (let at = 0; ;) {
    const start = text.indexOf('Content-Length: ', at);
    if (start === -1) return events;
    const body = text.indexOf('\n\n', start) + 2;
    at = body + Number.parseInt(text.toString('latin1', start + 16, start + 26), 10);
    const json = text.toString('utf8', body, at);
    if (json.includes('":[')) continue;
    const names = [...json.matchAll(/"((?:[^"\\]|\\.)*)":"((?:[^"\\]|\\.)*)"/g)];
    events.push(names.map(([, name, value]) => [unquote(name), unquote(value)]));
  }
}

const unquote = (text = ''): string => JSON.parse(`"${text}"`) as string;

/** Sends commands and returns what came back once it ends with `until`. */
async function session(port: number, packets: string[], until: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('utf8');
  let text = '';
  const whole = new Promise<void>((resolve) => {
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.endsWith(until)) resolve();
    });
    socket.on('close', () => resolve());
  });
  await once(socket, 'connect');
  socket.write(packets.map((packet) => `${packet}\n\n`).join(''));
  await within(5_000, until, whole);
  socket.destroy();
  return text;
}

describe('the fake FreeSWITCH', () => {
  let fs: FakeFreeSwitch;
  let backend: Awaited<ReturnType<typeof startStubBackend>>;

  beforeEach(async () => {
    backend = await startStubBackend();
    backend.answer.body = userDocument('1001', 'pbx.test', A1 + VARIABLES, 'cacheable="60000"');
    fs = await FakeFreeSwitch.start({
      directoryUrl: backend.url,
      directoryAuth: { username: 'fs', password: 'secret' },
    });
  });

  afterEach(async () => {
    await fs.stop();
    await backend.stop();
  });

  describe('over ESL', () => {
    it('answers a wrong password as recorded', async () => {
      const text = await session(fs.port, ['auth wrong'], 'never');
      expect(text).toBe(recorded('esl-auth-rejected.txt'));
    });

    it('answers a session as recorded, byte for byte', async () => {
      const lines = recorded('esl-session.txt').split(/^>>> |(?<=[^\n])>>> /m);
      const known = lines.filter((part) => !/^api (global_getvar|sofia_contact|show reg)|^bgapi/.test(part));
      const packets = known.slice(1).map((part) => part.split('\n\n')[0] ?? '');
      // What was typed stands in the recording; what came back follows it.
      const replies = known.map((part, index) => (index === 0 ? part : part.slice(part.indexOf('\n\n') + 2)));
      backend.answer.body = NOT_FOUND;
      await expect(session(fs.port, packets, 'never')).resolves.toBe(replies.join(''));
    });

    it('turns an address away by its access list', async () => {
      fs.rejectByAcl();
      await expect(session(fs.port, ['auth ClueCon'], 'never')).resolves.toBe(
        'Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n',
      );
    });

    it('counts the bytes of a body', async () => {
      fs.answerWith('echo', 'ü');
      await expect(session(fs.port, ['auth ClueCon', 'api echo'], 'ü')).resolves.toContain(
        'Content-Length: 2\n\nü',
      );
    });

    it.each(['plain', 'json'] as const)('frames %s events with their length', async (format) => {
      const until = format === 'json' ? '"max_concurrent":"2"}' : 'max_concurrent: 2\n\n';
      const text = session(
        fs.port,
        ['auth ClueCon', `event ${format} CUSTOM sofia::register HEARTBEAT`],
        until,
      );
      await fs.waitForCommand((command) => command.startsWith('event'));
      await fs.register(phone);
      const [, length, type, body] =
        /Content-Length: (\d+)\nContent-Type: (\S+)\n\n([^]*)$/.exec(await text) ?? [];
      expect({ type, length: Number(length) }).toEqual({
        type: `text/event-${format}`,
        length: Buffer.byteLength(body ?? ''),
      });
    });

    it('takes every word after CUSTOM for a subclass, and refuses none at all', async () => {
      const text = await session(fs.port, ['auth ClueCon', 'event json '], 'supplied\n\n');
      expect(text).toContain('-ERR no keywords supplied');
    });

    it('prints events as recorded, in both formats', () => {
      const events = recordedEvents();
      expect(events.length).toBeGreaterThan(20);
      const json = recorded('esl-events-json.txt');
      const plain = recorded('esl-events-plain.txt');
      for (const event of events) {
        expect(json.includes(asJson(event))).toBe(true);
        expect(plain.includes(asPlain(event))).toBe(true);
      }
    });
  });

  describe('events', () => {
    const names = (event: Pair[]): string[] => event.map(([name]) => name);
    const recordedNames = (subclass: string): string[] =>
      names(recordedEvents().find((event) => event[0]?.[1] === subclass) ?? []);

    it.each([
      ['sofia::register', () => fs.register(phone)],
      ['sofia::register_failure', () => fs.register({ ...phone, password: 'wrong' })],
      ['sofia::unregister', () => fs.register(phone).then(() => fs.unregister(phone))],
      ['sofia::expire', () => fs.register(phone).then(() => fs.expire(phone))],
      [
        'sofia::expire',
        () => fs.register(phone).then(() => fs.api('sofia profile internal flush_inbound_reg')),
      ],
    ])('%s has the headers of the recording, in their order', async (subclass, act) => {
      const text = session(fs.port, ['auth ClueCon', `event json CUSTOM ${subclass}`], '"}');
      await fs.waitForCommand((command) => command.startsWith('event'));
      await act();
      const json = (await text).split('\n\n').at(-1) ?? '';
      const printed = [...json.matchAll(/"([^"\\]*)":"/g)].map(([, name]) => name);
      expect(printed).toEqual(recordedNames(subclass));
    });
  });

  describe('its directory', () => {
    it('asks as recorded, on a connection of its own that stays open until the answer is read', async () => {
      const line = recorded('xml_curl-requests.jsonl')
        .split('\n')
        .find((each) => each.includes('sip_auth-REGISTER"'));
      const request = JSON.parse(line ?? '') as { headers: Record<string, string>; body: string };
      fs.holdDirectoryAnswers();
      const registered = fs.register(phone);
      await fs.waitForHeldAnswer();
      const [asked] = backend.asked;
      const keys = (body: URLSearchParams): string[] => [...body.keys()];
      expect(keys(asked!.form)).toEqual(keys(new URLSearchParams(request.body)));
      expect(Object.keys(asked!.headers).toSorted()).toEqual(Object.keys(request.headers).toSorted());
      expect(asked!.headers.authorization).toBe(request.headers['authorization']);
      expect(asked!.socket.destroyed).toBe(false);
      const closed = once(asked!.socket, 'close');
      fs.holdParsing();
      fs.releaseDirectoryAnswers();
      await closed;
      await fs.waitForHeldParsing();
      expect(fs.registrations(phone)).toHaveLength(0);
      fs.releaseParsing();
      await expect(registered).resolves.toMatchObject({ status: 200 });
    });

    it('posts a recorded request and returns the answer', async () => {
      await expect(fs.lookup('section=directory&user=1')).resolves.toEqual({
        status: 200,
        body: backend.answer.body,
      });
      expect(backend.asked[0]?.form.get('user')).toBe('1');
    });

    it('keeps a cacheable user, until it runs out or is flushed', async () => {
      await fs.register(phone);
      await fs.register(phone);
      expect(backend.asked).toHaveLength(1);
      fs.advanceClock(60_001);
      await fs.register(phone);
      expect(backend.asked).toHaveLength(2);
      await expect(fs.api('xml_flush_cache id 1001 pbx.test')).resolves.toBe('+OK cleared 1 entry\n');
      await expect(fs.api('xml_flush_cache id 1001 pbx.test')).resolves.toBe('+OK cleared 0 entries\n');
      await fs.register(phone);
      await expect(fs.api('xml_flush_cache id')).resolves.toBe('+OK cleared 1 entry\n');
    });

    it('never finds again what is cacheable for more than 2,147,483 ms', async () => {
      backend.answer.body = userDocument('1001', 'pbx.test', A1, 'cacheable="3600000"');
      await fs.register(phone);
      await fs.register(phone);
      expect(backend.asked).toHaveLength(2);
    });

    it('caches no miss', async () => {
      backend.answer.body = NOT_FOUND;
      await expect(fs.register(phone)).resolves.toMatchObject({ status: 403 });
      await fs.register(phone);
      expect(backend.asked).toHaveLength(2);
      expect(fs.directoryProblems).toEqual([]);
    });

    it('has a cache key without a separator', async () => {
      await fs.register(phone);
      await expect(fs.api('user_data 100@1pbx.test param a1-hash')).resolves.toBe(
        a1Hash('1001', 'pbx.test', 'pw'),
      );
    });

    it('can put an old answer back after a flush', async () => {
      fs.holdParsing();
      const registered = fs.register(phone);
      await fs.waitForHeldParsing();
      backend.answer.body = NOT_FOUND;
      await expect(fs.api('xml_flush_cache id 1001 pbx.test')).resolves.toBe('+OK cleared 0 entries\n');
      fs.releaseParsing();
      await registered;
      await expect(fs.api('user_exists id 1001 pbx.test')).resolves.toBe('true');
    });

    it.each([
      ['another status', 500, '<document/>'],
      ['no XML', 200, 'oops'],
      ['a prologue on the same line', 200, '<?xml version="1.0"?><document/>'],
    ])('takes %s for no user', async (_what, status, body) => {
      Object.assign(backend.answer, { status, body });
      await expect(fs.register(phone)).resolves.toMatchObject({ status: 403 });
      expect(fs.directoryProblems).toHaveLength(1);
    });

    it('preprocesses answers before it parses them', async () => {
      const variable =
        '<variables><variable name="n" value="$${domain} &#36;&#36;{domain} &#xfc;"/></variables>';
      backend.answer.body = userDocument(
        '1001',
        'pbx.test',
        `${A1}${variable}\n<X-PRE-PROCESS cmd="exec" data="id"/>\n`,
      );
      await expect(fs.api('user_data 1001@pbx.test var n')).resolves.toBe('pbx.test $${domain} ü');
      expect(fs.executedByAnswers).toEqual(['exec id']);
    });

    it('looks in groups, and merges what the group and the domain add', async () => {
      backend.answer.body =
        '<document type="freeswitch/xml"><section name="directory"><domain name="PBX.test">' +
        '<params><param name="x" value="domain"/><param name="y" value="domain"/></params><groups><group name="g">' +
        '<params><param name="x" value="group"/></params><users><user id="1001"/></users></group></groups>' +
        '</domain></section></document>';
      await expect(fs.api('user_data 1001@pbx.test param x')).resolves.toBe('group');
      await expect(fs.api('user_data 1001@pbx.test param y')).resolves.toBe('domain');
    });
  });

  describe('a phone', () => {
    it.each([
      ['its password', A1, 'pw', 200],
      ['a wrong password', A1, 'no', 403],
      [
        'a plain password in the directory',
        '<params><param name="password" value="pw"/></params>',
        'pw',
        200,
      ],
      ['no params at all', '', 'whatever', 200],
      ['neither password nor hash', '<params><param name="x" value="y"/></params>', 'whatever', 200],
      [
        'an empty password refused',
        '<params><param name="allow-empty-password" value="false"/></params>',
        '',
        403,
      ],
      ['a ban', A1.replace('</', '<param name="sip-forbid-register" value="true"/></'), 'pw', 403],
    ])('with %s', async (_what, params, password, status) => {
      backend.answer.body = userDocument('1001', 'pbx.test', params);
      await expect(fs.register({ ...phone, password })).resolves.toMatchObject({ status });
      expect(fs.registrations(phone)).toHaveLength(status === 200 ? 1 : 0);
    });

    it('may have several contacts; the same contact again replaces itself', async () => {
      await fs.register({ ...phone, contact: 'sip:1001@10.0.0.1' });
      await fs.register({ ...phone, contact: 'sip:1001@10.0.0.2' });
      await fs.register({ ...phone, contact: 'sip:1001@10.0.0.1' });
      expect(fs.registrations(phone)).toHaveLength(2);
      await expect(fs.api('sofia_contact */1001@pbx.test')).resolves.toBe(
        'sofia/internal/sip:1001@10.0.0.2,sofia/internal/sip:1001@10.0.0.1',
      );
      await fs.unregister(phone);
      expect(fs.registrations(phone)).toHaveLength(1);
    });

    it('stays in `show registrations` after a kick', async () => {
      await fs.register(phone);
      await expect(fs.api('sofia profile internal flush_inbound_reg 1001@pbx.test')).resolves.toMatch(
        /^\+OK/,
      );
      await expect(fs.api('sofia xmlstatus profile internal reg')).resolves.not.toContain('1001');
      await expect(fs.api('show registrations as json')).resolves.toContain('"row_count":1');
    });

    it('is kept through a restart, while the user cache is not', async () => {
      await fs.register(phone);
      fs.restart();
      expect(fs.registrations(phone)).toHaveLength(1);
      await fs.register(phone);
      expect(backend.asked).toHaveLength(2);
    });
  });
});
