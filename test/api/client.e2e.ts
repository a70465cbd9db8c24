import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { built } from '../harness/command-line';
import { Dialplane } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';

const run = promisify(execFile);
const ROOT = join(__dirname, '../..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const EXAMPLES = ['extensions.ts', 'bulk.ts', 'watch.ts'];
const PACKS_WITHIN_MS = 600_000;

/** A folder of somebody else's, with nothing but the packed client and what it depends on installed in it. */
class Consumer {
  readonly folder = mkdtempSync(join(tmpdir(), 'dialplane-client-'));

  async install(): Promise<void> {
    await built();
    await run('npm', ['run', '-s', 'client'], { cwd: ROOT });
    const own = join(this.folder, 'node_modules/@dialplane/client');
    mkdirSync(own, { recursive: true });
    const { version } = JSON.parse(readFileSync(join(ROOT, 'client/package.json'), 'utf8')) as {
      version: string;
    };
    const tarball = join(ROOT, `client/dist/dialplane-client-${version}.tgz`);
    await run('tar', ['-xzf', tarball, '-C', own, '--strip-components=1']);
    mkdirSync(join(this.folder, 'node_modules/@types'));
    for (const dependency of ['openapi-fetch', 'openapi-typescript-helpers', '@types/node', 'undici-types']) {
      symlinkSync(
        join(ROOT, 'node_modules', dependency),
        join(this.folder, 'node_modules', dependency),
        'dir',
      );
    }
    writeFileSync(join(this.folder, 'package.json'), '{"type":"module"}');
  }

  /** What tsc says of the programs, beside which their JavaScript then stands. */
  async compile(...files: string[]): Promise<string> {
    const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
    return run(process.execPath, [TSC, ...options, ...files], { cwd: this.folder }).then(
      ({ stdout }) => stdout,
      ({ stdout }: { stdout: string }) => stdout,
    );
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a program may write, and what tsc must say of it; nothing of the first. */
const WRITTEN: [string, string][] = [
  ['data?.data.extension_number.length', ''],
  ['data?.data.extension_numer', "Property 'extension_numer' does not exist"],
  ["client.GET('/api/pbx/extension', path)", "not assignable to parameter of type 'PathsWithMethod"],
  [
    "client.POST('/api/pbx/extensions', { body: { extension_number: 1 } })",
    "Type 'number' is not assignable",
  ],
  ["client.POST('/api/pbx/extensions', { body: {} })", "Type '{}' is not assignable"],
  ["client.POST('/api/pbx/extensions/import', { body: 1 })", "Type 'number' is not assignable"],
  ["(await client.GET('/api/pbx/extensions/export')).data?.trimEnd()", ''],
  ["(await client.GET('/api/pbx/audit', { parseAs: 'text' })).data?.trimEnd()", ''],
  ["(await client.GET('/api/pbx/audit')).data?.trimEnd()", "Property 'trimEnd' does not exist"],
];
const HEAD = [
  "import { createClient } from '@dialplane/client';",
  "const client = createClient({ baseUrl: 'http://127.0.0.1', token: 'x' });",
  "const path = { params: { path: { ext: '1001' } } };",
  "export const { data } = await client.GET('/api/pbx/extensions/{ext}', path);",
];

/** What is behind a proxy that answers by itself, and prints what it is told. */
const PROXIED = `
import { createClient } from '@dialplane/client';
const client = createClient({ baseUrl: process.env.DIALPLANE_URL ?? '' });
const rows = { headers: { 'Content-Type': 'application/json' }, body: '{"rows":[]}' };
const answers = [
  await client.POST('/api/pbx/extensions/import', rows),
  await client.GET('/api/pbx/extensions'),
  await client.GET('/api/pbx/teams'),
];
console.log(JSON.stringify(answers.map(({ data, error }) => ({ data, error }))));
`;

const consumer = new Consumer();
let complaints: string;

beforeAll(async () => {
  await consumer.install();
  for (const example of EXAMPLES)
    copyFileSync(join(ROOT, 'client/examples', example), join(consumer.folder, example));
  const lines = WRITTEN.map(([expression], place) => `export const x${place} = ${expression};`);
  writeFileSync(join(consumer.folder, 'program.ts'), [...HEAD, ...lines].join('\n'));
  writeFileSync(join(consumer.folder, 'proxied.ts'), PROXIED);
  complaints = await consumer.compile(...EXAMPLES, 'program.ts', 'proxied.ts');
}, PACKS_WITHIN_MS);
afterAll(() => consumer.remove());

describe('the types of the packed client', () => {
  it.each(WRITTEN)('say of %s: %s', (expression, complaint) => {
    const line = HEAD.length + WRITTEN.findIndex(([other]) => other === expression) + 1;
    const said = complaints.split('\n').filter((text) => text.startsWith(`program.ts(${line},`));
    expect(said).toEqual(complaint === '' ? [] : [expect.stringContaining(complaint)]);
  });
});

/** What a program prints, as JSON, of what listens there. */
async function printed(program: string, url: string, token = ''): Promise<unknown> {
  expect(complaints).not.toContain(program);
  const { stdout } = await run(process.execPath, [join(consumer.folder, program.replace('.ts', '.js'))], {
    env: { DIALPLANE_URL: url, DIALPLANE_TOKEN: token },
  });
  return JSON.parse(stdout);
}

describe('the packed client behind a proxy', () => {
  const proxy = createServer((request, response) => {
    if (request.url === '/api/pbx/teams') response.writeHead(503).end();
    else if (request.url === '/api/pbx/extensions')
      response.writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad Gateway</h1>');
    else {
      response.writeHead(202, { 'Content-Type': 'text/plain' });
      response.write(`${request.headers['content-type']} `);
      request.pipe(response);
    }
  });
  afterAll(() => proxy.close());

  it('sends a string as what the caller says it is, and takes an answer for what it says it is', async () => {
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const { port } = proxy.address() as AddressInfo;
    expect(await printed('proxied.ts', `http://127.0.0.1:${port}`)).toEqual([
      { data: 'application/json {"rows":[]}' },
      { error: '<h1>Bad Gateway</h1>' },
      {},
    ]);
  });
});

describeOnEach('the packed client', (lane) => {
  let dialplane: Dialplane;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());

  it('does what its example says', async () => {
    const { token } = await dialplane.tenant();
    await dialplane.api(token, 'POST', '/extensions', { extension_number: '1001' });
    const password = expect.stringMatching(/^[A-Za-z0-9]{24}$/) as string;
    expect(await printed('extensions.ts', dialplane.url, token)).toEqual({
      made: password,
      refused: 'The extension number has already been taken.',
      listed: ['1001', '9001'],
      online: 'unknown',
      rotated: password,
      deleted: true,
      gone: [404, 'Resource not found'],
      stranger: 'Unauthenticated.',
    });
  });

  it('sends CSV and JSON, and takes CSV', async () => {
    const { token } = await dialplane.tenant();
    const passwords = (...numbers: string[]): string => {
      const lines = numbers.map((number) => `${number},[A-Za-z0-9]{24}\r\n`);
      return expect.stringMatching(
        new RegExp(`^extension_number,sip_password\r\n${lines.join('')}$`),
      ) as string;
    };
    expect(await printed('bulk.ts', dialplane.url, token)).toEqual({
      made: passwords('8000', '8001'),
      madeOfJson: passwords('8002', '8003'),
      callerIds: 1,
      exported: [
        expect.stringMatching(/^extension_number,display_name,/),
        expect.stringMatching(/^8000,Søren,/),
        expect.stringMatching(/^8001,Søren,/),
        expect.stringMatching(/^8002,Łucja,/),
        expect.stringMatching(/^8003,Łucja,/),
        '',
      ],
      rotated: passwords('8000'),
      audit: expect.stringMatching(/^seq,at,.*,changes,freeswitch,hash$/) as string,
      last: 'password_changed',
      refused: expect.stringMatching(/^The column x is unknown\./) as string,
    });
  });
});
