import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { CommandLine } from '../harness/command-line';

const APP_KEY = Buffer.alloc(32, 9).toString('base64');

describe('the first start', () => {
  const commandLine = new CommandLine();
  afterAll(() => commandLine.stop());

  it('needs nothing, makes a demo tenant, and prints curl lines that work as pasted', async () => {
    const server = await commandLine.serve();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const lines = server.output.stdout.split('\n').filter((line) => line.startsWith('  curl '));
    expect(lines.length).toBeGreaterThanOrEqual(4);
    const answers = lines.map(
      (line) =>
        JSON.parse(execFileSync('sh', ['-c', `${line} -sS`], { encoding: 'utf8' })) as { data: unknown },
    );
    expect(answers[0]).toMatchObject({
      total: 2,
      data: [{ extension_number: '1001' }, { extension_number: '1002' }],
    });
    expect(answers.map(({ data }) => data === undefined)).not.toContain(true);
    for (const name of ['app.key', 'xml-curl.password']) {
      expect(statSync(join(commandLine.folder, 'data', name)).mode & 0o777).toBe(0o600);
    }
    const [, token] = /Bearer (\S+)'/.exec(server.output.stdout) ?? [];
    const headers = { Authorization: `Bearer ${token}` };
    const audit = await fetch(`${server.url}/api/pbx/audit?resource_type=extension&resource=1002`, {
      headers,
    });
    expect(await audit.json()).toMatchObject({ data: [{ action: 'created' }] });
    server.child.kill('SIGTERM');
    expect(await once(server.child, 'close')).toEqual([0, null]);
  });

  it('says nothing more the second time', async () => {
    const server = await commandLine.serve();
    expect(server.output.stdout).not.toContain('curl');
    server.child.kill('SIGINT');
    expect(await once(server.child, 'close')).toEqual([0, null]);
  });

  it('does not start with another key than the database was written with', async () => {
    const outcome = await commandLine.execute(['serve'], { APP_KEY });
    expect(outcome).toMatchObject({
      code: 1,
      stderr: 'APP_KEY is not the key that this database was written with\n',
    });
  });

  it('does not start with a file of a secret that is empty', async () => {
    writeFileSync(join(commandLine.folder, 'data', 'xml-curl.password'), '\n');
    expect(await commandLine.execute(['serve'])).toMatchObject({
      code: 1,
      stderr: 'XML_CURL_PASSWORD is not in data/xml-curl.password, which is empty\n',
    });
  });
});

describe('a first start that cannot listen', () => {
  const commandLine = new CommandLine();
  afterAll(() => commandLine.stop());

  it('says which setting is in the way, and shows the demo when it can', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const outcome = await commandLine.execute(['serve'], { PORT: String(port), LOG_LEVEL: 'error' });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/^PORT cannot be listened on: .*EADDRINUSE.*\n$/);
    taken.close();
    const nowhere = await commandLine.execute(['serve'], {
      HOST: 'nonsense.invalid',
      PORT: '0',
      LOG_LEVEL: 'error',
    });
    expect(nowhere.stderr).toMatch(/^HOST cannot be listened on: .*\n$/);
    expect((await commandLine.serve()).output.stdout).toContain('curl -H');
  });
});

describe('first starts of several processes at once', () => {
  const commandLine = new CommandLine();
  afterAll(() => commandLine.stop());

  it('take turns, and all find the same secrets', async () => {
    const domains = ['a.test', 'b.test', 'c.test', 'd.test'];
    const outcomes = await Promise.all(
      domains.map((domain) => commandLine.execute(['tenant', 'create', '--name', 'x', '--domain', domain])),
    );
    expect(outcomes.map(({ code, stderr }) => [code, stderr])).toEqual(domains.map(() => [0, '']));
    const audit = await commandLine.execute(['audit', 'verify']);
    expect([audit.code, audit.stderr]).toEqual([0, '']);
  });
});

describe('a database that holds no extension yet', () => {
  const commandLine = new CommandLine();
  afterAll(() => commandLine.stop());

  it('is not opened with another key either', async () => {
    const made = await commandLine.execute(['tenant', 'create', '--name', 'x', '--domain', 'a.test']);
    expect(made.code).toBe(0);
    expect(await commandLine.execute(['migrate'], { APP_KEY })).toMatchObject({
      code: 1,
      stderr: 'APP_KEY is not the key that this database was written with\n',
    });
  });
});
