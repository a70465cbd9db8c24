import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import Libsql from 'libsql';
import { Checkpoints } from '../../src/platform/database/checkpoints';
import { CommandLine } from '../harness/command-line';
import { Dialplane } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { sqliteLane } from '../harness/lanes';
import { scratchFolder } from '../harness/scratch';

/** The tables in a copy of the database file alone, as somebody makes it who knows nothing of write-ahead logs. */
function domainsInCopyOf(path: string): unknown[] {
  const folder = scratchFolder('copy');
  cpSync(path, join(folder, 'copy.db'));
  const copy = new Libsql(join(folder, 'copy.db'));
  try {
    return copy.prepare('SELECT domain FROM tenants ORDER BY domain').pluck().all();
  } catch (error) {
    return [error];
  } finally {
    copy.close();
    rmSync(folder, { recursive: true });
  }
}

describe('a copy of the database file alone', () => {
  const commandLine = new CommandLine();
  const other = new CommandLine();
  const data = join(commandLine.folder, 'data');
  const moved = join(other.folder, 'data');
  afterAll(() => Promise.all([commandLine.stop(), other.stop()]));

  it('has everything after a clean stop, and starts beside its key as the same installation', async () => {
    const server = await commandLine.serve();
    expect(server.output.stdout).toContain('curl');
    server.child.kill('SIGTERM');
    expect(await once(server.child, 'close')).toEqual([0, null]);
    expect(domainsInCopyOf(join(data, 'dialplane.db'))).toEqual(['pbx.local']);

    mkdirSync(moved);
    for (const name of ['dialplane.db', 'app.key']) cpSync(join(data, name), join(moved, name));
    const again = await other.serve();
    expect(again.output.stdout).not.toContain('curl');
    again.child.kill('SIGTERM');
    await once(again.child, 'close');
  });

  it('has what a command wrote', async () => {
    const made = await commandLine.run(['tenant', 'create', '--name', 'x', '--domain', 'a.test']);
    expect(made.code).toBe(0);
    expect(domainsInCopyOf(join(data, 'dialplane.db'))).toEqual(['a.test', 'pbx.local']);
  });

  it('has what was written before, while Dialplane runs', async () => {
    const dialplane = await Dialplane.start(sqliteLane);
    const path = dialplane.database.url.slice('sqlite:'.length);
    await dialplane.tenant({ domain: 'running.test' });
    expect(domainsInCopyOf(path)).not.toEqual(['running.test']);
    dialplane.get(Checkpoints).start(10);
    await eventually(() => domainsInCopyOf(path)[0] === 'running.test');
    await dialplane.stop();
  });

  it.each(['missing', 'empty'])('that is %s beside a key is no new installation', async (state) => {
    for (const name of readdirSync(moved)) if (name.startsWith('dialplane.db')) rmSync(join(moved, name));
    if (state === 'empty') {
      const empty = new Libsql(join(moved, 'dialplane.db'));
      empty.exec('PRAGMA journal_mode = WAL');
      empty.close();
    }
    for (const command of [['serve'], ['tenant', 'create', '--name', 'x', '--domain', 'b.test']]) {
      const outcome = await other.run(command);
      expect([outcome.code, outcome.stdout]).toEqual([1, '']);
      expect(outcome.stderr).toMatch(/^DATABASE_URL names an empty database, but data\/app\.key .*\n$/);
    }
    rmSync(join(moved, 'app.key'));
    const server = await other.serve();
    expect(server.output.stdout).toContain('curl');
    server.child.kill('SIGTERM');
    await once(server.child, 'close');
  });
});

describe('a database without its key', () => {
  const commandLine = new CommandLine();
  afterAll(() => commandLine.stop());

  it('is refused, and gets no key that opens nothing', async () => {
    await commandLine.run(['tenant', 'create', '--name', 'x', '--domain', 'a.test']);
    const key = join(commandLine.folder, 'data', 'app.key');
    rmSync(key);
    const outcome = await commandLine.run(['serve']);
    expect([outcome.code, outcome.stdout]).toEqual([1, '']);
    expect(outcome.stderr).toMatch(/^APP_KEY is not set and data\/app\.key is missing: .*\n$/);
    expect(existsSync(key)).toBe(false);
  });

  it('is not created by a check of an empty folder', async () => {
    const folder = new CommandLine();
    const outcome = await folder.run(['doctor']);
    expect([outcome.code, outcome.stdout]).toEqual([
      1,
      expect.stringMatching(/^FAIL {2}APP_KEY: .*first start/),
    ]);
    expect((await folder.serve()).output.stdout).toContain('curl');
    await folder.stop();
  });
});
