import { ApiToken } from '../../src/schema/api-token.entity';
import { Extension } from '../../src/schema/extension.entity';
import { ImportJob } from '../../src/schema/import-job.entity';
import { Revocation } from '../../src/schema/revocation.entity';
import { User } from '../../src/schema/user.entity';
import { ImportStreams } from '../../src/api/pbx/imports/import-streams.service';
import { type Phone } from '../fake-freeswitch/fake-freeswitch';
import { EventStream } from '../harness/event-stream';
import { importFile, type Job, overJob, postImport, readJob } from '../harness/imports';
import { describeOnEach } from '../harness/lanes';
import { person } from '../harness/people';
import { addTeam } from '../harness/records';
import { registers, Site } from '../harness/site';

const fileOf = (rows: number): string =>
  ['extension_number', ...Array.from({ length: rows }, (_, i) => 100_000 + i), ''].join('\n');
const MANY = fileOf(10_000);
/** So many that what follows at once finds it at work. */
const SOME = fileOf(3_000);
const NOTHING = 'Dialplane was stopped during the import; nothing was changed.';

describeOnEach('the job of an import', (lane) => {
  let site: Site;
  let token: string;

  const run = (file: string | { rows: unknown }, query = '', as = token) =>
    importFile(site.dialplane, as, file, query);
  const start = async (file: string, query = ''): Promise<number> =>
    (await postImport(site.dialplane, token, file, query)).body.data.id;
  const passwords = (id: number, method = 'GET', as = token) =>
    site.dialplane.api(as, method, `/extensions/imports/${id}/passwords`);
  const extensions = async (): Promise<number> =>
    (await site.api<{ total: number }>('GET', '?per_page=1')).body.total;

  /** The token of a new user. */
  const user = async (role: string, pbx: string | undefined, team_ids: number[]): Promise<string> =>
    (await person(site.dialplane, site.tenant, role, { pbx, team_ids })).token;

  describe('of one account after another', () => {
    beforeAll(async () => {
      site = await Site.start(lane);
    });
    afterAll(() => site.stop());
    beforeEach(async () => {
      await site.renewTenant();
      token = site.tenant.token;
    });

    it('has put disabled phones out, and let the new passwords in alone, when it is done', async () => {
      const phones: Phone[] = [];
      for (const number of ['1001', '1002', '1003', '1004']) phones.push(await site.create(number));
      for (const phone of phones) await registers(site.fs1, phone);
      const job = await run(
        'extension_number,status,sip_password,tls_enabled,display_name\n1001,disabled,,,\n1002,,chosen-password,,\n1003,,,true,\n1004,,,,A\n',
        '?action=update',
      );
      expect(job).toMatchObject({ status: 'done', updated: 4 });
      expect(phones.map((phone) => site.fs1.registrations(phone).length)).toEqual([0, 1, 0, 1]);
      expect(await registers(site.fs2, phones[0]!)).toBe(false);
      expect(await registers(site.fs2, phones[1]!)).toBe(false);
      expect(await registers(site.fs2, { ...phones[1]!, password: 'chosen-password' })).toBe(true);
      const reasons = ['1001', '1002', '1003', '1004'].map(
        async (number) => (await site.receipts(number))[0]?.reason,
      );
      expect(await Promise.all(reasons)).toEqual(['disabled', 'password_changed', 'changed', 'changed']);
    });

    it('is followed by events, until it is over', async () => {
      const id = await start(MANY, '?dry_run=true');
      const path = `/extensions/imports/${id}/events`;
      const stream = await EventStream.open(site.dialplane.url, { token, path });
      expect(stream.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
      await stream.nextThat(({ event }) => event === 'done');
      await stream.end();
      const steps = stream.frames.map(({ data }) => data as Job);
      const percents = steps.map(({ percent }) => percent);
      expect(percents).toEqual([...percents].sort((a, b) => a - b));
      expect(new Set(percents).size).toBeGreaterThan(10);
      expect(new Set(stream.frames.slice(0, -1).map(({ event }) => event))).toEqual(new Set(['progress']));
      const { errors, ...job } = await readJob(site.dialplane, token, id);
      expect([errors, steps.at(-1)]).toEqual([[], job]);
      const late = await EventStream.open(site.dialplane.url, { token, path });
      await late.end();
      expect(late.frames).toEqual([stream.frames.at(-1)]);
      expect((await site.dialplane.api(token, 'HEAD', path)).status).toBe(200);
    });

    it('is the only one of its account at a time', async () => {
      const id = await start(SOME);
      const second = await postImport<{ message: string }>(site.dialplane, token, 'extension_number\n1001\n');
      expect([second.status, second.body]).toEqual([409, { message: 'An import is already running.' }]);
      expect((await passwords(id, 'HEAD')).status).toBe(409);
      expect((await passwords(id)).body).toEqual({ message: 'The import is still running.' });
      const other = await site.dialplane.tenant();
      expect((await run('extension_number\n1001\n', '', other.token)).created).toBe(1);
      expect(await overJob(site.dialplane, token, id)).toMatchObject({ status: 'done', created: 3_000 });
      expect((await run('extension_number\n1001\n')).created).toBe(1);
    });

    it('of a supervisor keeps to his teams, and is his own', async () => {
      const mine = await addTeam(site.dialplane, site.tenant, 'Mine');
      const theirs = await addTeam(site.dialplane, site.tenant, 'Theirs');
      await run(`extension_number,team_id\n1001,${mine.id}\n1002,${theirs.id}\n1003,\n`);
      const supervisor = await user('supervisor', 'admin', [mine.id]);
      const file = `extension_number,team_id,display_name\n1001,${mine.id},A\n1002,,A\n2001,${mine.id},A\n2002,${theirs.id},A\n2003,,A\n`;
      const job = await run(file, '?action=upsert&mode=per_row', supervisor);
      expect(job).toMatchObject({ created: 1, updated: 1, failed: 3 });
      expect(job.errors.map(({ extension_number, errors }) => [extension_number, errors])).toEqual([
        [
          '1002',
          {
            extension_number: ['The extension number has already been taken.'],
            team_id: ['The selected team id is invalid.'],
          },
        ],
        ['2002', { team_id: ['The selected team id is invalid.'] }],
        ['2003', { team_id: ['The selected team id is invalid.'] }],
      ]);
      const missing = await run('extension_number,display_name\n1003,A\n', '?action=update', supervisor);
      expect(missing.errors[0]?.errors).toEqual({
        extension_number: ['The selected extension number is invalid.'],
      });
      const moved = await run(`extension_number,team_id\n1001,${theirs.id}\n`, '?action=update', supervisor);
      expect(moved.errors[0]?.errors).toEqual({ team_id: ['The selected team id is invalid.'] });

      const ids = async (as: string): Promise<number[]> => {
        const { body } = await site.dialplane.api<{ data: Job[] }>(as, 'GET', '/extensions/imports');
        return body.data.map(({ id }) => id);
      };
      expect(await ids(supervisor)).toEqual([moved.id, missing.id, job.id]);
      expect(await ids(token)).toHaveLength(4);
      const colleague = await user('supervisor', 'admin', [mine.id]);
      expect(await ids(colleague)).toEqual([]);
      const other = await site.dialplane.tenant();
      for (const as of [colleague, other.token]) {
        for (const path of ['', '/events', '/passwords']) {
          const answer = await site.dialplane.api(as, 'GET', `/extensions/imports/${job.id}${path}`);
          expect([answer.status, answer.body]).toEqual([404, { message: 'Resource not found' }]);
        }
      }
      expect((await passwords(job.id, 'GET', supervisor)).status).toBe(200);
      const reader = await site.dialplane.token(site.tenant.tenant, 'read_only');
      for (const as of [reader, await user('supervisor', undefined, [mine.id])]) {
        expect((await postImport(site.dialplane, as, file)).status).toBe(403);
        expect((await site.dialplane.api(as, 'GET', `/extensions/imports/${job.id}`)).status).toBe(403);
      }
    });

    it('is not seen with a token that sees less than the one that asked for it', async () => {
      const { id: team } = await addTeam(site.dialplane, site.tenant, 'Mine');
      const admin = await person(site.dialplane, site.tenant, 'admin', { team_ids: [team] });
      const { manager } = site.dialplane.dataSource;
      const job = await run('extension_number\n1001\n', '', admin.token);
      await manager.update(ApiToken, Number(admin.token.split('|')[0]), { role: 'supervisor', pbx: 'admin' });
      const seen = await site.dialplane.api<{ data: Job[] }>(admin.token, 'GET', '/extensions/imports');
      expect([seen.status, seen.body.data]).toEqual([200, []]);
      expect((await passwords(job.id, 'GET', admin.token)).status).toBe(404);
      expect((await passwords(job.id)).status).toBe(200);
    });

    it.each([
      ['its token is revoked', { revokedAt: new Date() }, {}],
      ['its token is narrowed', { role: 'supervisor', pbx: 'admin' }, {}],
      ['its user is disabled', {}, { status: 'disabled' }],
    ] as const)('goes on no further when %s', async (_, ofToken, ofUser) => {
      const admin = await person(site.dialplane, site.tenant, 'admin');
      const { id } = (await postImport(site.dialplane, admin.token, MANY, '?mode=per_row')).body.data;
      const path = `/extensions/imports/${id}/events`;
      const stream = await EventStream.open(site.dialplane.url, { token, path });
      await stream.nextThat<Job>(({ data }) => data.processed > 0);
      const { manager } = site.dialplane.dataSource;
      await manager.save(ApiToken, { id: Number(admin.token.split('|')[0]), ...ofToken });
      await manager.save(User, { id: admin.id, ...ofUser });
      await stream.end();
      const job = await overJob(site.dialplane, token, id);
      expect(job).toMatchObject({
        status: 'failed',
        message: 'The user or token that started it is no longer allowed to; part was changed.',
      });
      expect(job.created).toBeLessThan(10_000);
      expect(await extensions()).toBe(job.created);
    });

    it('is not told of any longer to whose token is revoked', async () => {
      site.dialplane.get(ImportStreams).heartbeatMs = 300;
      const reader = await person(site.dialplane, site.tenant, 'admin');
      const { manager } = site.dialplane.dataSource;
      const { id } = await run('extension_number\n1001\n');
      // As one of another process is, which is still at it.
      const heartbeatAt = new Date(Date.now() + 3_600_000);
      await manager.update(ImportJob, id, { status: 'running', finishedAt: null, heartbeatAt });
      const path = `/extensions/imports/${id}/events`;
      const stream = await EventStream.open(site.dialplane.url, { token: reader.token, path });
      await stream.next();
      await manager.update(ApiToken, Number(reader.token.split('|')[0]), { revokedAt: new Date() });
      await stream.comment().catch(() => undefined);
      await stream.end();
      expect(stream.frames.map(({ event }) => event)).toEqual(['progress']);
    });

    it('waits for its turn while two others are at work', async () => {
      const tokens: string[] = [];
      for (let i = 0; i < 3; i++) tokens.push((await site.dialplane.tenant()).token);
      const ids: number[] = [];
      for (const as of tokens) {
        ids.push((await postImport(site.dialplane, as, SOME, '?dry_run=true')).body.data.id);
      }
      const last = await readJob(site.dialplane, tokens[2]!, ids[2]!);
      expect([last.status, last.percent]).toEqual(['queued', 0]);
      for (const [i, as] of tokens.entries()) {
        expect(await overJob(site.dialplane, as, ids[i]!)).toMatchObject({ status: 'done', created: 3_000 });
      }
    });
  });

  describe('that goes on after the test, or is stopped with its process,', () => {
    beforeEach(async () => {
      site = await Site.start(lane);
      token = site.tenant.token;
    });
    afterEach(() => site.stop());

    it.each([
      ['all_or_nothing', 10_000],
      ['per_row', 2_000],
    ])('%s of %i rows is done, and done again changes nothing', async (mode, count) => {
      const rows = Array.from({ length: count }, (_, i) => `${100_000 + i},Tên số ${i},${(i % 5) + 1},true`);
      const fileWith = (some: string[]) =>
        ['extension_number,display_name,max_concurrent,voicemail_enabled', ...some].join('\r\n');
      const file = fileWith(rows);
      const counts = async (action: string, sent: string) => {
        const { status, created, updated, unchanged } = await run(sent, `?mode=${mode}&action=${action}`);
        return [status, created, updated, unchanged];
      };
      const { manager } = site.dialplane.dataSource;
      const tenantId = site.tenant.tenant.id;
      const last = () =>
        manager.findOneByOrFail(Extension, { tenantId, liveNumber: String(100_000 + count - 1) });
      expect(await counts('create', file)).toEqual(['done', count, 0, 0]);
      expect(await extensions()).toBe(count);
      const before = await last();
      expect(await counts('upsert', file)).toEqual(['done', 0, 0, count]);
      expect(await last()).toEqual(before);
      expect(await manager.countBy(Revocation, { tenantId })).toBe(0);
      const changed = fileWith(rows.slice(-1_000)).replaceAll('true', 'false');
      expect(await counts('update', changed)).toEqual(['done', 0, 1_000, 0]);
      expect(await manager.countBy(Revocation, { tenantId })).toBe(1_000);
      expect(await last()).toEqual({
        ...before,
        voicemailEnabled: false,
        updatedAt: (await last()).updatedAt,
      });
    });

    it('ends its events when Dialplane stops, and rolls back', async () => {
      const id = await start(MANY);
      const stream = await EventStream.open(site.dialplane.url, {
        token,
        path: `/extensions/imports/${id}/events`,
      });
      await stream.nextThat<Job>(({ data }) => data.processed > 0);
      await site.restart();
      await stream.end();
      expect(await extensions()).toBe(0);
      expect(await readJob(site.dialplane, token, id)).toMatchObject({ status: 'failed', message: NOTHING });
    });

    it.each(['all_or_nothing', 'per_row'])('whose process is killed, %s, has failed', async (mode) => {
      const server = await site.program();
      const answer = await fetch(`${server.url}/api/pbx/extensions/import?mode=${mode}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'text/csv' },
        body: MANY,
      });
      const { id } = ((await answer.json()) as { data: Job }).data;
      const stream = await EventStream.open(server.url, {
        token,
        path: `/extensions/imports/${id}/events`,
      });
      await stream.nextThat<Job>(({ data }) => data.processed >= 1_000);
      server.child.kill('SIGKILL');
      await stream.end();
      const elsewhere = await postImport(site.dialplane, token, 'extension_number\n1001\n');
      expect(elsewhere.status).toBe(409);
      const { manager } = site.dialplane.dataSource;
      await manager.update(ImportJob, id, { heartbeatAt: new Date(Date.now() - 31_000) });
      const job = await readJob(site.dialplane, token, id);
      const left = await extensions();
      expect(job.status).toBe('failed');
      if (mode === 'all_or_nothing') expect([left, job.message]).toEqual([0, NOTHING]);
      else {
        expect(left).toBeGreaterThanOrEqual(1_000);
        expect([job.created, job.message]).toEqual([
          left,
          'Dialplane was stopped during the import; part was changed.',
        ]);
        expect((await passwords(id)).text.split('\r\n')).toHaveLength(left + 2);
      }
      expect((await run('extension_number\n1001\n')).created).toBe(1);
    });

    it('is refused while another one runs before its rows are read', async () => {
      await start(MANY);
      const second = await postImport<{ message: string }>(site.dialplane, token, 'nonsense\n"');
      expect([second.status, second.body]).toEqual([409, { message: 'An import is already running.' }]);
    });

    it('is followed from another process as well', async () => {
      const server = await site.program();
      const answer = await fetch(`${server.url}/api/pbx/extensions/import`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ rows: [{ extension_number: '10000-12999' }] }),
      });
      const { id } = ((await answer.json()) as { data: Job }).data;
      const path = `/extensions/imports/${id}/events`;
      const stream = await EventStream.open(site.dialplane.url, { token, path });
      const { data } = await stream.nextThat<Job>(({ event }) => event === 'done');
      expect(data).toMatchObject({ status: 'done', created: 3_000, percent: 100 });
      await stream.end();
    });

    it('is refused when too many wait', async () => {
      const tokens: string[] = [];
      for (let i = 0; i < 30; i++) tokens.push((await site.dialplane.tenant()).token);
      const rows = [{ extension_number: '10000-19999' }];
      const answers = await Promise.all(tokens.map((as) => postImport(site.dialplane, as, { rows })));
      const refused = answers.filter(({ status }) => status === 503);
      expect(answers.filter(({ status }) => status === 202)).toHaveLength(30 - refused.length);
      expect(refused[0]?.headers.get('retry-after')).toBe('30');
      const [first] = tokens;
      await site.restart();
      const { body } = await site.dialplane.api<{ data: Job[] }>(first!, 'GET', '/extensions/imports');
      expect(body.data).toMatchObject([{ status: 'failed', message: NOTHING }]);
    });
  });
});
