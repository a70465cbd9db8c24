import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { CommandLine } from '../harness/command-line';
import { describeOnEach } from '../harness/lanes';

const APP_KEY = Buffer.alloc(32, 9).toString('base64');

describe('settings', () => {
  const commandLine = new CommandLine();
  afterAll(() => commandLine.stop());

  it.each([
    ['PORT', '70000', 'PORT must be a whole number from 0 to 65535'],
    ['PORT', 'http', 'PORT must be a whole number from 0 to 65535'],
    [
      'DATABASE_URL',
      'postgres://x',
      'DATABASE_URL must be sqlite:PATH or mysql://user:password@host:port/name',
    ],
    ['DATABASE_URL', 'mysql://root:s3cret@127.0.0.1:1/x', 'APP_KEY is required with a mysql DATABASE_URL'],
    ['APP_KEY', 's3cret', 'APP_KEY must be 32 bytes in base64'],
    ['FREESWITCH_NODES', 'esl://127.0.0.1:8021', 'FREESWITCH_NODES '],
    ['FREESWITCH_NODES', 'http://:s3cret@127.0.0.1:8021', 'FREESWITCH_NODES '],
    ['FREESWITCH_SIP_PROFILES', 'in ternal', 'FREESWITCH_SIP_PROFILES must be sofia profile names'],
    ['XML_CURL_USERNAME', 'a:b', 'XML_CURL_USERNAME must not'],
    ['XML_CURL_PASSWORD', 's3cret', 'XML_CURL_PASSWORD must be at least 8 characters'],
    ['DIRECTORY_CACHE_MS', '3600000', 'DIRECTORY_CACHE_MS must be a whole number from 0 to 2147000'],
    ['REDIS_URL', 'localhost', 'REDIS_URL must be redis://host:port'],
    ['REDIS_URL', 'redis://:s3cret@127.0.0.1:port', 'REDIS_URL must be redis://host:port'],
    ['REDIS_URL', 'redis://:s3cret%@127.0.0.1/x', 'REDIS_URL must be redis://host:port'],
    ['RATE_LIMIT_PBX', '-1', 'RATE_LIMIT_PBX must be a whole number'],
    ['CORS_ORIGINS', '*', 'CORS_ORIGINS must be origins such as https://crm.example'],
    ['CORS_ORIGINS', 'https://a.test,https://b.test/', 'CORS_ORIGINS must be origins'],
    ['CORS_ORIGINS', 'null', 'CORS_ORIGINS must be origins'],
    ['TRUSTED_PROXIES', '127.0.0.1,proxy', 'TRUSTED_PROXIES must be IP addresses or networks'],
    ['TRUSTED_PROXIES', '10.0.0.0/33', 'TRUSTED_PROXIES must be IP addresses or networks'],
    ['TRUSTED_PROXIES', '0.0.0.0/0', 'TRUSTED_PROXIES must be IP addresses or networks'],
    ['DELETED_RETENTION_DAYS', '-1', 'DELETED_RETENTION_DAYS must be a whole number from 0 to 36500'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL must be one of'],
    ['LOG_FORMAT', 'xml', 'LOG_FORMAT must be pretty or json'],
  ])('%s=%s stops the start with one line', async (name, value, line) => {
    const outcome = await commandLine.run(['serve'], { [name]: value });
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toBe('');
    expect(outcome.stderr.split('\n')).toEqual([expect.stringContaining(line), '']);
    expect(outcome.stderr).not.toContain('s3cret');
    expect(existsSync(join(commandLine.folder, 'data'))).toBe(false);
  });

  it('of which one is wrong end the process', async () => {
    const outcome = await commandLine.execute(['serve'], { PORT: 'http' });
    expect(outcome).toEqual({
      code: 1,
      stdout: '',
      stderr: 'PORT must be a whole number from 0 to 65535\n',
    });
  });

  it('are read from .env, over which the environment wins', async () => {
    writeFileSync(join(commandLine.folder, '.env'), 'LOG_LEVEL=loud\n');
    expect((await commandLine.run(['migrate'])).stderr).toContain('LOG_LEVEL');
    expect((await commandLine.execute(['migrate'], { LOG_LEVEL: 'info' })).code).toBe(0);
  });

  it('whose database cannot be opened stop the start with one line, without the password', async () => {
    const environment = { DATABASE_URL: 'mysql://root:s3cret@127.0.0.1:1/x', APP_KEY, LOG_LEVEL: 'info' };
    for (const command of ['serve', 'migrate']) {
      const outcome = await commandLine.run([command], environment);
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toMatch(/^DATABASE_URL cannot be opened: .*\n$/);
      expect(outcome.stderr).not.toContain('s3cret');
    }
  });
});

describeOnEach('dialplane', (lane) => {
  let commandLine: CommandLine;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const database = await lane.create();
    drop = () => database.drop();
    commandLine = new CommandLine({
      DATABASE_URL: database.url,
      APP_KEY,
      XML_CURL_PASSWORD: 'directory-password',
    });
  });
  afterAll(async () => {
    await commandLine.stop();
    await drop();
  });

  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const outcome = await commandLine.run([...args, '--json']);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    return JSON.parse(outcome.stdout) as Record<string, unknown>;
  };
  const refusal = async (...args: string[]): Promise<string> => {
    const outcome = await commandLine.run(args);
    expect([outcome.code, outcome.stdout, outcome.stderr.split('\n').length]).toEqual([1, '', 2]);
    return outcome.stderr;
  };

  it('migrate says what it applied', async () => {
    expect(((await json('migrate')).applied as string[]).length).toBeGreaterThan(0);
    expect(await json('migrate')).toEqual({ applied: [] });
    expect((await commandLine.run(['migrate'])).stdout).toBe('Nothing to apply.\n');
  });

  it('makes a tenant, a token that works, and a caller ID', async () => {
    expect(
      await json(
        ...['tenant', 'create', '--name', 'Đà Nẵng', '--domain', 'Pbx.Test', '--max-extensions', '1'],
        ...['--max-devices', '3'],
      ),
    ).toMatchObject({
      name: 'Đà Nẵng',
      domain: 'pbx.test',
      max_extensions: 1,
      max_devices: 3,
      max_legs: 400,
      status: 'active',
    });
    const { token } = await json('token', 'create', '--tenant', 'pbx.test', '--name', 'crm');
    expect(
      await json(
        'caller-id',
        'create',
        '--tenant',
        'pbx.test',
        '--number',
        '0900000020',
        '--cli-type',
        'brandname',
      ),
    ).toEqual({
      number: '0900000020',
      display_name: null,
      carrier: 'mobifone',
      cli_type: 'brandname',
      status: 'active',
    });
    const callerId = ['caller-id', 'default', '--tenant', 'pbx.test'];
    expect(await json(...callerId, '--number', '84900000020')).toEqual({ default_caller_id: '0900000020' });
    expect(await json(...callerId)).toEqual({ default_caller_id: null });
    const server = await commandLine.serve();
    const headers = { Authorization: `Bearer ${String(token)}` };
    const answer = await fetch(`${server.url}/api/pbx/caller-ids`, { headers });
    expect(await answer.json()).toMatchObject({ total: 1 });
    server.child.kill('SIGTERM');
    await once(server.child, 'close');
  });

  it('refuses in one line, and changes nothing', async () => {
    expect(await refusal('tenant', 'create', '--name', 'x')).toContain('--domain');
    for (const domain of ['1pbx.test', 'a.test/x']) {
      expect(await refusal('tenant', 'create', '--name', 'x', '--domain', domain)).toBe(
        'The domain must be a host name that begins with a letter.\n',
      );
    }
    const again = ['tenant', 'create', '--name', 'x', '--domain', 'pbx.test'];
    expect(await refusal(...again)).toBe('The domain has already been taken.\n');
    for (const number of ['-1', 'many', '99999999']) {
      expect(await refusal(...again, '--max-extensions', number)).toBe(
        'The max extensions must be a whole number from 0 to 10000000.\n',
      );
    }
    expect(await refusal(...again, '--max-legs', '1')).toBe(
      'The max legs must be a whole number from 2 to 100000.\n',
    );
    const token = ['token', 'create', '--name', 'x', '--tenant'];
    expect(await refusal(...token, 'none.test')).toContain('There is no tenant');
    expect(await refusal(...token, 'pbx.test', '--role', 'root')).toBe('The selected role is invalid.\n');
    expect(await refusal(...token, 'pbx.test', '--expires', 'tomorrow')).toContain('ISO 8601');
    expect(await refusal(...token, 'pbx.test', '--expires', '2020-01-01T00:00:00Z')).toContain('future');
    const callerId = ['caller-id', 'create', '--tenant', 'pbx.test', '--number'];
    expect(await refusal(...callerId, '84900000020')).toBe('The number has already been taken.\n');
    expect(await refusal('caller-id', 'default', '--tenant', 'pbx.test', '--number', '0900000099')).toBe(
      'The selected number is invalid.\n',
    );
    for (const number of ['abc', `0${'9'.repeat(14)}`]) {
      expect(await refusal(...callerId, number)).toBe('The number format is invalid.\n');
    }
    expect(await refusal('nonsense')).toContain('unknown command');
    for (const bare of [[], ['tenant']]) expect(await refusal(...bare)).toContain('dialplane --help');
    expect(await refusal(...token, 'pbx.test', '--expires', '2099-02-31T00:00:00Z')).toContain('ISO 8601');
  });

  it('doctor finds a good installation good', async () => {
    const fake = await FakeFreeSwitch.start({
      directoryAuth: { username: 'freeswitch', password: 'directory-password' },
    });
    const server = await commandLine.serve({ FREESWITCH_NODES: fake.address });
    fake.directoryUrl = `${server.url}/freeswitch/directory`;
    const outcome = await commandLine.execute(['doctor'], {
      FREESWITCH_NODES: fake.address,
      PORT: new URL(server.url).port,
    });
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout.split('\n').map((line) => line.split(':')[0])).toEqual([
      'ok    database',
      'ok    migrations',
      'ok    APP_KEY',
      'ok    xml_curl credentials',
      'ok    node fs1',
      'ok    node fs1, profile internal',
      'ok    node fs1, xml_curl',
      '',
    ]);
    const named = ['--name', 'after'];
    await commandLine.run(['tenant', 'create', '--domain', 'after.test', ...named]);
    const made = await commandLine.run(['token', 'create', '--tenant', 'after.test', ...named]);
    const diagnosis = await fetch(`${server.url}/api/pbx/extensions/1999/diagnosis`, {
      headers: { Authorization: `Bearer ${made.stdout.trim()}` },
    });
    // Its own question is no phone's that asked for a wrong domain.
    expect(await diagnosis.json()).toMatchObject({
      data: { evidence: { unknown: { domains: { count: 0 } } } },
    });
    await fake.stop();
    server.child.kill('SIGTERM');
    await once(server.child, 'close');
  });

  it('doctor says what to do about each fault', async () => {
    const fake = await FakeFreeSwitch.start({
      directoryUrl: 'http://127.0.0.1:1/freeswitch/directory',
      directoryAuth: { username: 'freeswitch', password: 'another-password' },
    });
    const nodes = {
      fs1: fake.address,
      fs2: `esl://:wrong@127.0.0.1:${fake.port}`,
      fs3: 'esl://:x@127.0.0.1:1',
    };
    // That of the test before.
    expect(await commandLine.run(['node', 'remove', 'fs1'])).toMatchObject({ code: 0 });
    for (const [name, url] of Object.entries(nodes))
      expect(await commandLine.run(['node', 'add', name, url])).toMatchObject({ code: 0 });
    const outcome = await commandLine.run(['doctor'], { FREESWITCH_SIP_PROFILES: 'internal,none' });
    expect(outcome.code).toBe(1);
    const failures = outcome.stdout.split('\n').filter((line) => line.startsWith('FAIL'));
    expect(failures).toEqual([
      expect.stringMatching(/node fs1, profile none: .*FREESWITCH_SIP_PROFILES/),
      expect.stringMatching(/node fs1, xml_curl: its gateway-credentials/),
      expect.stringMatching(/node fs2: .*refused/),
      expect.stringMatching(/node fs3: .*dialplane node list/),
    ]);
    expect(outcome.stdout).not.toContain('another-password');
    await fake.stop();
  });

  it('serve finishes the answers in flight when it is told to stop', async () => {
    const server = await commandLine.serve();
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.setEncoding('utf8');
    // Half a request is in flight; its end follows after the signal.
    socket.write(
      'POST /api/pbx/extensions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{',
    );
    const idle = connect(Number(port), hostname);
    await once(idle, 'connect');
    const live = await fetch(`${server.url}/health/live`);
    expect(live.status).toBe(200);
    server.child.kill('SIGTERM');
    socket.write('}');
    const [answer] = (await once(socket, 'data')) as [string];
    expect(answer).toMatch(/^HTTP\/1\.1 (401|503)/);
    expect(await once(server.child, 'close')).toEqual([0, null]);
    socket.destroy();
    idle.destroy();
  });
});
