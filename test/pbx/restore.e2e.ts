import { Extension } from '../../src/schema/extension.entity';
import { type Phone } from '../fake-freeswitch/fake-freeswitch';
import { type Answer, Dialplane, type TestTenant } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';
import { ask, person, type User } from '../harness/people';
import { addCallerId, addTeam } from '../harness/records';
import { registers, Site } from '../harness/site';

interface Listed {
  extension_number: string;
  display_name: string | null;
  status: string;
  deleted_at?: string;
}

interface Restored {
  data: Listed & { sip_password: string; generated_password: boolean };
  message: string;
  errors: Record<string, string[]>;
}

interface List {
  data: Listed[];
  total: number;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/;
const LONG_AGO_MS = 91 * 24 * 3_600_000;

describeOnEach('deleted extensions', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });
  afterAll(() => dialplane.stop());

  const api = <T = Restored>(method: string, path: string, body?: unknown, token = tenant.token) =>
    dialplane.api<T>(token, method, `/extensions${path}`, body);
  const restore = (number: string, token?: string): Promise<Answer<Restored>> =>
    api('POST', `/${number}/restore`, undefined, token);
  const list = async (query: string, token?: string): Promise<List> =>
    (await api<List>('GET', query, undefined, token)).body;
  const makeAndDelete = async (extension_number: string, more: object = {}): Promise<void> => {
    await api('POST', '', { extension_number, ...more });
    await api('DELETE', `/${extension_number}`);
  };
  const numbers = async (query: string): Promise<string[]> =>
    (await list(query)).data.map(({ extension_number }) => extension_number);

  it('are listed, the last deleted first', async () => {
    await makeAndDelete('1003', { display_name: 'First' });
    await makeAndDelete('1001', { display_name: 'Second' });
    await makeAndDelete('1001', { display_name: 'Third' });
    await api('POST', '', { extension_number: '1001', display_name: 'Live' });
    const { data, total } = await list('?status=deleted&include=sip_registration');
    expect([total, data.map(({ display_name }) => display_name)]).toEqual([3, ['Third', 'Second', 'First']]);
    expect(data[0]).toEqual({
      extension_number: '1001',
      display_name: 'Third',
      voicemail_enabled: false,
      outbound_caller_id: null,
      recording_mode: 'none',
      status: 'deleted',
      team_id: null,
      department_id: null,
      max_concurrent: 2,
      tls_enabled: false,
      created_at: expect.stringMatching(TIME) as string,
      updated_at: expect.stringMatching(TIME) as string,
      deleted_at: expect.stringMatching(TIME) as string,
    });
    expect(await numbers('?status=deleted&search=1003')).toEqual(['1003']);
    expect(await numbers('?status=deleted&search=third')).toEqual(['1001']);
    expect(await numbers('?status=deleted&per_page=2&page=2')).toEqual(['1003']);
    const live = await list('');
    expect(live.data).toMatchObject([{ display_name: 'Live', status: 'active' }]);
    expect(live.data[0]).not.toHaveProperty('deleted_at');
  });

  it('come back as they were, with a new password that is shown once', async () => {
    const team = await addTeam(dialplane, tenant, 'Sales', { department: 'Revenue' });
    await addCallerId(dialplane, tenant, '0900000020');
    const made = await api('POST', '', {
      extension_number: '1001',
      display_name: 'Sales 01',
      team_id: team.id,
      outbound_caller_id: '+84900000020',
      voicemail_enabled: true,
      voicemail_pin: '4711',
      recording_mode: 'all',
      max_concurrent: 5,
      tls_enabled: false,
    });
    await api('PUT', '/1001', { status: 'disabled' });
    const before = (await api('GET', '/1001')).body.data;
    await api('DELETE', '/1001');
    const restored = await restore('1001');
    expect(restored.status).toBe(200);
    expect(restored.headers.get('cache-control')).toBe('no-store');
    const { sip_password, generated_password, ...shown } = restored.body.data;
    expect({ ...shown, updated_at: 'x', sip_registration: 'x' }).toEqual({
      ...before,
      updated_at: 'x',
      sip_registration: 'x',
    });
    expect(shown).toMatchObject({ status: 'disabled', outbound_caller_id: '+84900000020', team_id: team.id });
    expect(sip_password).toMatch(/^[A-Za-z0-9]{24}$/);
    expect([generated_password, sip_password === made.body.data.sip_password]).toEqual([true, false]);
    expect((await list('?status=deleted')).total).toBe(0);
    await api('PUT', '/1001', { status: 'active' });
    const user = await dialplane.lookupUser('1001', tenant.tenant.domain);
    const mailbox = /dialplane_mailbox" value="([^"]*)"/.exec(user.text)?.[1] ?? '';
    expect((await dialplane.lookupUser(mailbox, tenant.tenant.domain)).text).toContain('4711');
    const audit = await dialplane.api<{ data: object[] }>(tenant.token, 'GET', '/audit?resource=1001');
    expect(audit.body.data[1]).toMatchObject({
      action: 'restored',
      changes: {
        deleted_at: { after: null },
        sip_password: { before: 'set', after: 'changed' },
      },
    });
  });

  it('of a number the last that had it', async () => {
    await makeAndDelete('1001', { display_name: 'First' });
    await makeAndDelete('1001', { display_name: 'Last' });
    expect((await restore('1001')).body.data.display_name).toBe('Last');
    await api('DELETE', '/1001');
    expect((await restore('1001')).body.data.display_name).toBe('Last');
  });

  it('come back only to a free number, and within the limit', async () => {
    tenant = await dialplane.tenant({ maxExtensions: 1 });
    await makeAndDelete('1001', { display_name: 'Old' });
    await api('POST', '', { extension_number: '1001', display_name: 'New' });
    for (let time = 0; time < 2; time++) {
      const taken = await restore('1001');
      expect([taken.status, taken.body]).toEqual([409, { message: 'The extension number is in use.' }]);
    }
    await api('DELETE', '/1001');
    await api('POST', '', { extension_number: '1002' });
    const full = await restore('1001');
    expect([full.status, full.body.errors]).toEqual([
      422,
      { extension_number: ['The account may not have more than 1 extensions.'] },
    ]);
    expect((await restore('1002')).status).toBe(409);
    await api('DELETE', '/1002');
    expect((await restore('1001')).body.data.display_name).toBe('New');
  });

  it('are restored once, by however many at once', async () => {
    await makeAndDelete('1001');
    const answers = await Promise.all(Array.from({ length: 5 }, () => restore('1001')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    expect((await list('')).total).toBe(1);
  });

  it('that were never there, or are another account’s, are not found', async () => {
    await makeAndDelete('1001');
    const other = await dialplane.tenant();
    for (const number of ['1001', '1002', 'x', '10', '12345678901']) {
      expect([number, (await restore(number, other.token)).status]).toEqual([number, 404]);
    }
    expect((await list('?status=deleted', other.token)).total).toBe(0);
  });

  it('are for who may make extensions, within his teams', async () => {
    const team = await addTeam(dialplane, tenant, 'Sales');
    const manager = await person(dialplane, tenant, 'supervisor', { team_ids: [team.id], pbx: 'admin' });
    await makeAndDelete('1001', { team_id: team.id });
    await makeAndDelete('1002');
    expect((await list('?status=deleted', manager.token)).data).toMatchObject([{ extension_number: '1001' }]);
    expect((await restore('1002', manager.token)).status).toBe(404);
    // Of another's extension he learns only that the number is not free.
    await api('POST', '', { extension_number: '1001' });
    expect((await restore('1001', manager.token)).status).toBe(409);
    // Nor does an older one of his come back in the place of the last, which he does not see.
    await api('DELETE', '/1001');
    expect((await restore('1001', manager.token)).status).toBe(404);
    // What nodes forgot of that number since then is not about his.
    expect((await api('GET', '/1001/revocations', undefined, manager.token)).status).toBe(404);
    expect((await api('GET', '/1001/revocations')).status).toBe(200);
    await makeAndDelete('1001', { team_id: team.id, display_name: 'Last' });
    expect((await restore('1001', manager.token)).body.data.display_name).toBe('Last');
    for (const role of ['supervisor', 'read_only', 'agent'] as const) {
      expect((await restore('1002', await dialplane.token(tenant.tenant, role))).status).toBe(403);
    }
  });

  it('are an agent’s own again', async () => {
    await api('POST', '', { extension_number: '1001' });
    const agent = await person(dialplane, tenant, 'agent', { extension_number: '1001' });
    await api('DELETE', '/1001');
    expect((await api('GET', '/1001', undefined, agent.token)).status).toBe(404);
    await restore('1001');
    expect((await api('GET', '/1001', undefined, agent.token)).status).toBe(200);
  });
});

describeOnEach('a restored extension on the nodes', (lane) => {
  let site: Site;
  let phone: Phone;

  beforeEach(async () => {
    site = await Site.start(lane);
    site.quickenSecondPass();
    phone = await site.create('1001');
  });
  afterEach(() => site.stop());

  const restored = async (): Promise<Phone> => {
    const answer = await site.api<Restored>('POST', '/1001/restore');
    return { ...phone, password: answer.body.data.sip_password };
  };

  it('registers with the new password only', async () => {
    expect(await registers(site.fs1, phone)).toBe(true);
    await site.api('DELETE', '/1001');
    expect(await registers(site.fs1, phone)).toBe(false);
    const anew = await restored();
    for (const fake of [site.fs1, site.fs2]) {
      expect(await registers(fake, phone)).toBe(false);
      expect(await registers(fake, anew)).toBe(true);
    }
    expect((await site.verified('1001')).reason).toBe('password_changed');
    expect(site.fs1.registrations(anew)).toHaveLength(1);
  });

  it('a node that was away meanwhile lets the phone of before go', async () => {
    expect(await registers(site.fs2, phone)).toBe(true);
    await site.fs2.refuse();
    await nodeReady(site.dialplane, 'fs2', false);
    await site.api('DELETE', '/1001');
    const anew = await restored();
    expect(site.fs2.registrations(phone)).toHaveLength(1);
    await site.fs2.accept();
    await site.verified('1001');
    expect(site.fs2.registrations(phone)).toEqual([]);
    expect(await registers(site.fs2, phone)).toBe(false);
    expect(await registers(site.fs2, anew)).toBe(true);
  });
});

describeOnEach('deleted extensions whose time is over', (lane) => {
  it('are removed, their receipts and the user who had one stay', async () => {
    const first = await Dialplane.start(lane);
    const tenant = await first.tenant();
    const at = (dialplane: Dialplane) => ({
      api: <T>(method: string, path: string, body?: unknown, token = tenant.token) =>
        dialplane.api<T>(token, method, `/extensions${path}`, body),
    });
    const { api } = at(first);
    for (const extension_number of ['1001', '1002', '1003']) await api('POST', '', { extension_number });
    const agent = await person(first, tenant, 'agent', { extension_number: '1001' });
    for (const number of ['1001', '1002']) await api('DELETE', `/${number}`);
    const { manager } = first.dataSource;
    const longAgo = new Date(Date.now() - LONG_AGO_MS);
    await manager.update(Extension, { extensionNumber: '1001' }, { deletedAt: longAgo });
    await first.stop({ keepDatabase: true });

    const kept = await Dialplane.start(lane, { DELETED_RETENTION_DAYS: '0' }, first.database);
    expect((await at(kept).api<List>('GET', '?status=deleted')).body.total).toBe(2);
    await kept.stop({ keepDatabase: true });

    const second = await Dialplane.start(lane, {}, first.database);
    const again = at(second).api;
    await eventually(async () => (await again<List>('GET', '?status=deleted')).body.total === 1);
    expect((await again('POST', '/1001/restore')).status).toBe(404);
    expect((await again('POST', '/1002/restore')).status).toBe(200);
    expect((await again('GET', '/1003')).status).toBe(200);
    const receipts = await again<{ data: object[] }>('GET', '/1001/revocations');
    expect(receipts.body.data).toMatchObject([{ reason: 'deleted' }]);
    expect((await again('GET', '/1009/revocations')).status).toBe(404);
    expect((await again('GET', '/1001/revocations', undefined, agent.token)).status).toBe(404);
    const user = await ask<{ data: User }>(second, tenant.token, 'GET', `/auth/users/${agent.id}`);
    expect(user.body.data.extension_number).toBeNull();
    const audit = await second.api<{ data: object[] }>(tenant.token, 'GET', '/audit?resource=1001');
    expect(audit.body.data[0]).toMatchObject({ action: 'purged', actor: { kind: 'system' } });
    const path = `/audit?resource_type=user&action=updated&resource=${agent.username}`;
    const unlinked = await second.api<{ data: object[] }>(tenant.token, 'GET', path);
    expect(unlinked.body.data).toMatchObject([
      { actor: { kind: 'system' }, changes: { extension_number: { before: '1001', after: null } } },
    ]);
    await second.stop();
  });
});
