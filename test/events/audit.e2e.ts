import { parse } from 'csv-parse/sync';
import { AuditService } from '../../src/events/audit/audit.service';
import { type AuditList, auditOf, verifyAudit } from '../harness/audit';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { addCallerId, addTeam } from '../harness/records';
import { Site } from '../harness/site';

describeOnEach('the audit', (lane) => {
  let site: Site;

  beforeEach(async () => {
    site = await Site.start(lane);
    site.quickenSecondPass();
  });
  afterEach(() => site.stop());

  const audit = (query?: string) => auditOf(site, query);
  const verify = () => verifyAudit(site.dialplane.database.url);

  it('says who changed what, before and after, and what nodes did about it', async () => {
    await site.create('1001');
    await site.api('PUT', '/1001', { max_concurrent: 4, voicemail_pin: '4711' });
    await site.api('POST', '/1001/change-password', {});
    await site.api('DELETE', '/1001');
    await site.verified('1001');
    const { data, total } = await audit('?resource_type=extension');
    expect(total).toBe(4);
    expect(data.map(({ action, resource }) => [action, resource])).toEqual([
      ['deleted', '1001'],
      ['password_changed', '1001'],
      ['updated', '1001'],
      ['created', '1001'],
    ]);
    const [deleted, rotated, updated, created] = data;
    expect(updated?.changes).toEqual({
      max_concurrent: { before: 2, after: 4 },
      voicemail_pin: { before: null, after: 'changed' },
    });
    expect(rotated?.changes).toEqual({ sip_password: { before: 'set', after: 'changed' } });
    expect(created?.changes).toMatchObject({ extension_number: { before: null, after: '1001' } });
    expect(created?.freeswitch).toBeNull();
    expect(deleted?.freeswitch).toMatchObject({
      status: 'done',
      nodes: [
        { node: 'fs1', status: 'verified' },
        { node: 'fs2', status: 'verified' },
      ],
    });
    const [id] = site.tenant.token.split('|');
    expect(deleted?.actor).toMatchObject({
      kind: 'token',
      name: 'admin',
      token_id: Number(id),
      address: '127.0.0.1',
    });
    expect(deleted?.actor.request_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('says what nodes did about a team that got another name', async () => {
    await site.create('1001');
    const team = await addTeam(site.dialplane, site.tenant, 'Sales');
    await site.api('PUT', '/1001', { team_id: team.id });
    await site.dialplane.api(site.tenant.token, 'PUT', `/teams/${team.id}`, { name: 'Support' });
    await site.verified('1001');
    const [renamed] = (await audit('?resource_type=team&action=updated')).data;
    expect(renamed?.freeswitch).toMatchObject({
      status: 'done',
      nodes: [{ node: 'fs1', users: 1 }, { node: 'fs2' }],
    });
  });

  it('says what a deleted extension loses', async () => {
    const { dialplane, tenant } = site;
    const team = await addTeam(dialplane, tenant, 'Sales');
    await addCallerId(dialplane, tenant, '0900000020');
    await site.create('1001');
    await site.api('PUT', '/1001', { team_id: team.id, outbound_caller_id: '0900000020' });
    await site.api('DELETE', '/1001');
    await dialplane.api(tenant.token, 'DELETE', `/teams/${team.id}`);
    await dialplane.api(tenant.token, 'DELETE', '/caller-ids/0900000020');
    const told = (await audit('?resource=1001')).data.slice(0, 2);
    expect(told.map(({ action, changes }) => [action, changes])).toEqual([
      ['updated', { outbound_caller_id: { before: '0900000020', after: null } }],
      ['updated', { team_id: { before: team.id, after: null } }],
    ]);
  });

  it('has no entry for what changed nothing or failed', async () => {
    await site.create('1001');
    await site.api('PUT', '/1001', { voicemail_pin: '4711' });
    const before = (await audit()).total;
    await site.api('PUT', '/1001', { max_concurrent: 2, voicemail_pin: '4711' });
    await site.api('PUT', '/1001', { max_concurrent: 99 });
    await site.api('POST', '', { extension_number: '1001' });
    await site.api('DELETE', '/1999');
    expect((await audit()).total).toBe(before);
  });

  it('is filtered, and kept apart from other accounts', async () => {
    await site.create('1001');
    await site.create('1002');
    await site.api('DELETE', '/1002');
    const found = async (query: string): Promise<string[]> =>
      (await audit(query)).data.map(({ action, resource }) => `${action} ${resource}`);
    expect(await found('?resource=1002')).toEqual(['deleted 1002', 'created 1002']);
    expect(await found('?action=deleted&actor=admin')).toEqual(['deleted 1002']);
    expect(await found('?actor=somebody')).toEqual([]);
    expect(await found('?from=2026-01-01&to=2026-01-02')).toEqual([]);
    expect((await audit('?from=2026-01-01&per_page=1')).data).toHaveLength(1);
    for (const time of [
      ...['yesterday', '2026-02-31', '2026-04-31T00:00:00Z', '2026-13-01', '2026-01-01T25:00:00Z'],
      ...['9999-12-31T23:59:59-01:00', '0000-01-01T00:00:00%2B01:00', '2026-01-01T00:00:00'],
    ]) {
      const refused = await site.dialplane.api(site.tenant.token, 'GET', `/audit?from=${time}`);
      expect([time, refused.status, refused.body]).toMatchObject([
        ...[time, 422],
        { errors: { from: ['The from is not a valid date.'] } },
      ]);
    }
    for (const times of ['from=0001-01-01', 'to=9999-12-31T23:59:59Z', 'from=2024-02-29T00:00%2B07:00'])
      expect((await audit(`?${times}`)).total).toBeGreaterThan(3);
    for (const name of ['Trail', 'trail', 'Café', 'Cafe'])
      await site.dialplane.api(site.tenant.token, 'POST', '/teams', { name });
    for (const [query, entries] of [
      ['resource=Trail', ['created Trail']],
      ['resource=Cafe', ['created Cafe']],
      ['resource=Trail&action=Created', []],
      ['resource=Trail&actor=Admin', []],
    ] as const)
      expect(await found(`?resource_type=team&${query}`)).toEqual(entries);
    const other = await site.dialplane.tenant();
    const theirs = await site.dialplane.api<AuditList>(other.token, 'GET', '/audit');
    expect(theirs.body.data.filter(({ resource_type }) => resource_type === 'extension')).toEqual([]);
  });

  it('is had as CSV as a whole, in which a spreadsheet runs nothing', async () => {
    const display_name = '=HYPERLINK("http://x.test");=1+1;';
    await site.api('POST', '', { extension_number: '1001', display_name });
    for (let turn = 0; turn < 3; turn++) await site.api('PUT', '/1001', { max_concurrent: turn + 3 });
    await site.verified('1001');
    for (const [path, accept] of [
      ['?format=csv&per_page=1&resource=1001', '*/*'],
      ['?resource=1001', 'text/csv'],
    ]) {
      const answer = await site.dialplane.request('GET', `/api/pbx/audit${path}`, {
        headers: { Authorization: `Bearer ${site.tenant.token}`, Accept: String(accept) },
      });
      expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
      expect(answer.headers.get('content-disposition')).toBe('attachment; filename="audit.csv"');
      const lines = answer.text.trimEnd().split('\r\n');
      expect(lines[0]).toMatch(/^seq,at,actor_kind,actor_id,actor,.*,changes,freeswitch,hash$/);
      expect(lines[1]).toContain(',"{""status"":""done"",""nodes"":[{""node"":""fs1"",');
      expect(lines.slice(1).map((line) => /,(updated|created),extension,1001,/.exec(line)?.[1])).toEqual([
        ...['updated', 'updated', 'updated', 'created'],
      ]);
      expect(answer.text).not.toMatch(/[,;]"*[=+\-@]/);
    }
    const file = await site.dialplane.download(site.tenant.token, '/audit?format=csv');
    expect(file.toString()).toMatch(/^\uFEFFseq,at,/);
  });

  it('holds values in CSV that are read as they are', async () => {
    const display_name = '=1;=2;"\'+3';
    await site.api('POST', '', { extension_number: '1001', display_name });
    const file = await site.dialplane.download(site.tenant.token, '/audit?format=csv&resource=1001');
    const [entry] = parse(file, { columns: true, bom: true }) as unknown as { changes: string }[];
    const { display_name: told } = JSON.parse(entry?.changes ?? '') as Record<string, { after: string }>;
    expect(told).toEqual({ before: null, after: display_name });
    expect(entry?.changes).not.toContain(';');
  });

  it('lets go of what is too old, and still verifies', async () => {
    await site.create('1001');
    const before = (await audit()).total;
    expect(before).toBeGreaterThan(1);
    const tenantId = site.tenant.tenant.id;
    const gone = await site.dialplane.get(AuditService).forget(tenantId, new Date(Date.now() + 60_000), 1);
    expect(gone).toBe(1);
    expect((await audit()).total).toBe(before - 1);
    expect(await verify()).toMatchObject({ code: 0 });
  });

  it('keeps its order when many changes come at once', async () => {
    await Promise.all(Array.from({ length: 12 }, (_, i) => site.create(String(2000 + i))));
    await eventually(async () => (await audit('?resource_type=extension')).total === 12);
    expect(await verify()).toMatchObject({ code: 0 });
  });
});
