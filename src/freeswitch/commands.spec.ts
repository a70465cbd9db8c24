import { FakeFreeSwitch } from '../../test/fake-freeswitch/fake-freeswitch';
import { NOT_FOUND, startStubBackend, userDocument } from '../../test/fake-freeswitch/stub-backend';
import { untilStatus } from '../../test/fake-freeswitch/until-status';
import * as commands from './commands';
import { EslClient } from './esl-client';
import { parseNodes } from './node-address';

const PASSWORD = '<params><param name="password" value="pw"/></params>';
const log = { info: () => undefined, warn: () => undefined };
const phone = { user: '1001', domain: 'pbx.test', password: 'pw' };

describe('commands', () => {
  let fs: FakeFreeSwitch;
  let node: EslClient;
  let backend: Awaited<ReturnType<typeof startStubBackend>>;

  beforeEach(async () => {
    backend = await startStubBackend();
    backend.answer.body = userDocument('1001', 'pbx.test', PASSWORD, 'cacheable="60000"');
    fs = await FakeFreeSwitch.start({
      directoryUrl: backend.url,
      directoryAuth: { username: 'fs', password: 'a&b' },
    });
    node = new EslClient(parseNodes(fs.address)[0]!, { log });
    node.start();
    await untilStatus(node, 'ready');
    fs.forgetCommands();
  });

  afterEach(async () => {
    await node.stop();
    await fs.stop();
    await backend.stop();
  });

  it('flushes one user and says how many entries went', async () => {
    await fs.register(phone);
    await expect(commands.flushUser(node, '1001', 'pbx.test')).resolves.toBe(1);
    await expect(commands.flushUser(node, '1001', 'pbx.test')).resolves.toBe(0);
    expect(fs.commands).toContain('api xml_flush_cache id 1001 pbx.test');
  });

  it('asks whether a user exists, through the cache and the backend', async () => {
    await expect(commands.userExists(node, '1001', 'pbx.test')).resolves.toBe(true);
    backend.answer.body = NOT_FOUND;
    await expect(commands.userExists(node, '1001', 'pbx.test')).resolves.toBe(true);
    await commands.flushUser(node, '1001', 'pbx.test');
    await expect(commands.userExists(node, '1001', 'pbx.test')).resolves.toBe(false);
    expect(backend.asked).toHaveLength(2);
  });

  it('lists and drops the contacts of one user only', async () => {
    await fs.register({
      ...phone,
      contact: 'sip:1001@10.0.0.1:5060;transport=UDP',
      userAgent: `"A" & <B> 'ü'`,
    });
    await fs.register({ ...phone, contact: 'sip:1001@10.0.0.2:5060' });
    backend.answer.body = userDocument('1002', 'pbx.test', PASSWORD);
    await fs.register({ ...phone, user: '1002' });
    const rows = await commands.registrationsOf(node, 'internal', '1001', 'pbx.test');
    expect(rows).toHaveLength(2);
    expect(rows[0]).toEqual({
      profile: 'internal',
      user: '1001@pbx.test',
      authUser: '1001',
      authRealm: 'pbx.test',
      callId: '1-9393@127.0.0.1',
      contact: '"" <sip:1001@10.0.0.1:5060;transport=UDP>',
      agent: `"A" & <B> 'ü'`,
      status: 'Registered(UDP)',
      expiresInSeconds: expect.any(Number) as number,
      pingStatus: 'Reachable',
      pingTimeMs: 0,
      host: 'fs-lab-1',
      networkIp: '127.0.0.1',
      networkPort: 6001,
    });
    expect(rows[0]?.expiresInSeconds).toBeGreaterThan(650);

    await commands.dropContacts(node, 'internal', '1001', 'pbx.test');
    await expect(commands.registrationsOf(node, 'internal', '1001', 'pbx.test')).resolves.toEqual([]);
    await expect(commands.registrationsOf(node, 'internal', '1002', 'pbx.test')).resolves.toHaveLength(1);
    await expect(node.api('show registrations as json')).resolves.toContain('"reg_user":"1001"');
  });

  it('does not count a row that has run out', async () => {
    await fs.register({ ...phone, expires: 60 });
    fs.advanceClock(121_000);
    await expect(commands.registrationsOf(node, 'internal', '1001', 'pbx.test')).resolves.toEqual([]);
  });

  it.each([
    '</call-id><user>9@x</user><call-id>',
    '</call-id></registration></registrations><call-id>',
    '<!--',
    '<![CDATA[',
    '&',
  ])('is not fooled by the Call-ID %j', async (callId) => {
    await fs.register({ ...phone, callId });
    await expect(commands.registrationsOf(node, 'internal', '1001', 'pbx.test')).resolves.toMatchObject([
      { callId },
    ]);
  });

  it.each([
    '',
    '-ERR no reply\n',
    '<?xml version="1.0" encoding="ISO-8859-1"?>\n<profile>\n  <registrations>\n',
  ])('takes the answer %j for no proof of anything', async (answer) => {
    fs.answerWith('sofia xmlstatus profile internal user 1001@pbx.test', answer);
    await expect(commands.registrationsOf(node, 'internal', '1001', 'pbx.test')).rejects.toMatchObject({
      code: 'ESL_UNEXPECTED_REPLY',
    });
  });

  it('tells an unknown profile', async () => {
    const unknown = { code: 'ESL_UNKNOWN_PROFILE' };
    await expect(commands.registrationsOf(node, 'external', '1001', 'pbx.test')).rejects.toMatchObject(
      unknown,
    );
    await expect(commands.dropContacts(node, 'external', '1001', 'pbx.test')).rejects.toMatchObject(unknown);
  });

  it.each([
    ['xml_flush_cache id 1001 pbx.test', () => commands.flushUser(node, '1001', 'pbx.test')],
    ['user_exists id 1001 pbx.test', () => commands.userExists(node, '1001', 'pbx.test')],
    [
      'sofia profile internal flush_inbound_reg 1001@pbx.test',
      () => commands.dropContacts(node, 'internal', '1001', 'pbx.test'),
    ],
    ['xml_locate configuration configuration name xml_curl.conf', () => commands.xmlCurlBindings(node)],
  ])('does not take an error of %s for an answer', async (command, run) => {
    fs.answerWith(command, '-ERR no such thing\n');
    await expect(run()).rejects.toMatchObject({ code: 'ESL_UNEXPECTED_REPLY' });
  });

  it.each([
    ['', 'pbx.test', 'internal'],
    ['10', 'pbx.test', 'internal'],
    ['1001 x', 'pbx.test', 'internal'],
    ['1001@other.test', 'pbx.test', 'internal'],
    ['1001\n', 'pbx.test', 'internal'],
    ['1001', '', 'internal'],
    ['1001', '1pbx.test', 'internal'],
    ['1001', 'pbx.test reboot', 'internal'],
    ['1001', 'pbx.test\n', 'internal'],
    ['1001', "pbx.test'", 'internal'],
    ['1001', 'pbx..test', 'internal'],
    ['1001', 'pbx.test', ''],
    ['1001', 'pbx.test', 'internal flush_inbound_reg'],
    ['1001', 'pbx.test', 'internal\n'],
  ])('sends nothing for the user %j in %j on %j', async (user, domain, profile) => {
    const wrong = { code: 'ESL_BAD_ARGUMENT' };
    await expect(commands.dropContacts(node, profile, user, domain)).rejects.toMatchObject(wrong);
    await expect(commands.registrationsOf(node, profile, user, domain)).rejects.toMatchObject(wrong);
    if (profile === 'internal') {
      await expect(commands.flushUser(node, user, domain)).rejects.toMatchObject(wrong);
      await expect(commands.userExists(node, user, domain)).rejects.toMatchObject(wrong);
    }
    expect(fs.commands).toEqual([]);
  });

  it('reads the xml_curl bindings', async () => {
    await expect(commands.xmlCurlBindings(node)).resolves.toEqual([
      {
        name: 'dialplane',
        gatewayUrl: backend.url,
        bindings: ['directory'],
        credentials: 'fs:a&b',
        timeout: 5,
      },
    ]);
    fs.directoryUrl = null;
    await expect(commands.xmlCurlBindings(node)).resolves.toEqual([]);
  });
});
