import { ImportJob } from '../../src/schema/import-job.entity';
import { ImportPart } from '../../src/schema/import-part.entity';
import { auditOf } from '../harness/audit';
import { importFile, readJob } from '../harness/imports';
import { describeOnEach } from '../harness/lanes';
import { registers, Site } from '../harness/site';

describeOnEach('an import', (lane) => {
  let site: Site;
  let token: string;

  beforeEach(async () => {
    site = await Site.start(lane);
    token = site.tenant.token;
  });
  afterEach(() => site.stop());

  const run = (file: string, query = '') => importFile(site.dialplane, token, file, query);
  const passwords = (id: number, method = 'GET') =>
    site.dialplane.api(token, method, `/extensions/imports/${id}/passwords`);

  it('gives the passwords that it made once, and keeps them sealed', async () => {
    const job = await run('extension_number,sip_password\n1001-1003,\n1004,chosen-password\n');
    expect(job).toMatchObject({ status: 'done', created: 4, passwords_available: true });
    expect((await passwords(job.id, 'HEAD')).status).toBe(200);
    const tables = site.dialplane.dataSource.entityMetadatas.map(({ tableName }) => tableName);
    const dump = JSON.stringify(
      await Promise.all(tables.map((table) => site.dialplane.dataSource.query(`SELECT * FROM ${table}`))),
    );
    const two = await Promise.all([passwords(job.id), passwords(job.id)]);
    const [answer, none] = two.sort((a, b) => a.status - b.status);
    expect([
      answer?.status,
      answer?.headers.get('content-type'),
      answer?.headers.get('cache-control'),
    ]).toEqual([200, 'text/csv; charset=utf-8', 'no-store']);
    expect([none?.status, none?.body]).toEqual([404, { message: 'Resource not found' }]);
    expect((await readJob(site.dialplane, token, job.id)).passwords_available).toBe(false);
    expect((await passwords(job.id, 'HEAD')).status).toBe(404);
    const taken = await auditOf(site, `?action=passwords_taken&resource_type=import&resource=${job.id}`);
    expect(taken.data).toMatchObject([
      { actor: { name: 'admin' }, changes: { passwords_available: { before: true, after: false } } },
    ]);
    const lines = (answer?.text ?? '').split('\r\n').map((line) => line.split(','));
    expect(lines.map(([number]) => number)).toEqual(['extension_number', '1001', '1002', '1003', '']);
    const log = site.dialplane.logLines.join('\n');
    for (const [user = '', password = ''] of lines.slice(1, -1)) {
      expect(password).toMatch(/^[A-Za-z0-9]{24}$/);
      expect([dump.includes(password), log.includes(password)]).toEqual([false, false]);
      expect(await registers(site.fs1, { user, domain: 'pbx.test', password })).toBe(true);
    }
    expect(await registers(site.fs2, { user: '1004', domain: 'pbx.test', password: 'chosen-password' })).toBe(
      true,
    );
    expect([dump.includes('chosen-password'), log.includes('chosen-password')]).toEqual([false, false]);
  });

  it('has no passwords after a day, nor when none were made', async () => {
    const old = await run('extension_number\n1001\n');
    const createdAt = new Date(Date.now() - 25 * 3_600_000);
    await site.dialplane.dataSource.manager.update(ImportJob, old.id, { createdAt });
    expect((await readJob(site.dialplane, token, old.id)).passwords_available).toBe(false);
    for (const method of ['GET', 'HEAD']) expect((await passwords(old.id, method)).status).toBe(404);
    const dry = await run('extension_number\n1002\n', '?dry_run=true');
    for (const method of ['GET', 'HEAD']) expect((await passwords(dry.id, method)).status).toBe(404);
    await site.restart();
    expect(await site.dialplane.dataSource.manager.count(ImportPart)).toBe(0);
  });
});
