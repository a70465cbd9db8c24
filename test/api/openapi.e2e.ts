import { type ValidateFunction } from 'ajv';
import { type Document, type Response } from '../../src/api/edge/openapi/openapi';
import { deviceId } from '../../src/freeswitch/device-id';
import { Tenant } from '../../src/schema/tenant.entity';
import { type Answer, Dialplane } from '../harness/dialplane';
import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { documentedFiles, documentedImport } from '../harness/documented-bulk';
import { validatorOf } from '../harness/documented-schema';
import { EventStream } from '../harness/event-stream';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';
import { login, operator, PASSWORD, person } from '../harness/people';
import { addCallerId, addTeam } from '../harness/records';
import { tellRegistered } from '../harness/register-events';
import { registers, Site } from '../harness/site';

describeOnEach('the OpenAPI document', (lane) => {
  let dialplane: Dialplane;
  let document: Document;
  const seen = new Set<string>();

  beforeAll(async () => {
    // A node that is away: what it would hold cannot be said.
    dialplane = await Dialplane.start(lane, { FREESWITCH_NODES: 'esl://:x@127.0.0.1:1?name=fs1' });
    document = (await dialplane.request<Document>('GET', '/docs/openapi.json')).body;
  });
  afterAll(() => dialplane.stop());

  /** The schema of an answer, in which no undocumented field may stand. */
  function validator(path: string, method: string, status: number): ValidateFunction {
    const schema = responseOf(path, method, status)?.content?.['application/json']?.schema;
    if (!schema) throw new Error(`${method} ${path} documents no ${status}`);
    return validatorOf(schema, document);
  }

  function responseOf(path: string, method: string, status: number): Response | undefined {
    const response = document.paths[path]?.[method.toLowerCase()]?.responses[String(status)];
    if (!response || !('$ref' in response)) return response;
    return document.components.responses?.[response.$ref.replace('#/components/responses/', '')];
  }

  function check(path: string, method: string, answer: Answer<unknown>): void {
    const [, type] =
      /^(text\/(?:xml|csv)); charset=utf-8$/.exec(answer.headers.get('content-type') ?? '') ?? [];
    if (type !== undefined) {
      expect(Object.keys(responseOf(path, method, answer.status)?.content ?? {})).toEqual([type]);
      seen.add(`${method} ${path} ${answer.status}`);
      return;
    }
    const validate = validator(path, method, answer.status);
    validate(answer.body);
    expect([method, path, answer.status, validate.errors]).toEqual([method, path, answer.status, null]);
    seen.add(`${method} ${path} ${answer.status}`);
  }

  it('is true of real answers', async () => {
    const admin = await dialplane.tenant();
    const team = await addTeam(dialplane, admin, 'Sales', { department: 'Revenue' });
    await addCallerId(dialplane, admin, '0900000020');
    const full = {
      extension_number: '1001',
      display_name: 'A',
      team_id: team.id,
      outbound_caller_id: '0900000020',
    };
    const list = '/api/pbx/extensions';
    const one = '/api/pbx/extensions/{ext}';
    const rotate = '/api/pbx/extensions/{ext}/change-password';
    const many = '/api/pbx/extensions/change-passwords';
    const receipts = '/api/pbx/extensions/{ext}/revocations';
    const registration = '/api/pbx/extensions/{ext}/registration';
    const device = '/api/pbx/extensions/{ext}/registration/{device}';
    const available = '/api/pbx/extensions/available';
    const restore = '/api/pbx/extensions/{ext}/restore';
    const cases: [string, string, string, string, unknown?][] = [
      [list, 'POST', admin.token, '', full],
      [list, 'POST', admin.token, '', { extension_number: '1002' }],
      [list, 'POST', admin.token, '', {}],
      [list, 'GET', admin.token, ''],
      [one, 'GET', admin.token, '/1001'],
      [one, 'PUT', admin.token, '/1001', { display_name: null }],
      [one, 'PUT', admin.token, '/1001', { display_name: 1 }],
      [rotate, 'POST', admin.token, '/1001/change-password', {}],
      [rotate, 'POST', admin.token, '/1001/change-password', { new_password: 'x' }],
      [registration, 'GET', admin.token, '/1001/registration'],
      ...['diagnosis', 'directory'].flatMap((what): [string, string, string, string][] => [
        [`${one}/${what}`, 'GET', admin.token, `/1001/${what}`],
        [`${one}/${what}`, 'GET', admin.token, `/x/${what}`],
      ]),
      [many, 'POST', admin.token, '/change-passwords', { extension_numbers: ['1001'] }],
      [many, 'POST', admin.token, '/change-passwords', {}],
      [registration, 'DELETE', admin.token, '/1001/registration'],
      [device, 'DELETE', admin.token, `/1001/registration/${'0'.repeat(16)}`],
      [receipts, 'GET', admin.token, '/1001/revocations'],
      [available, 'GET', admin.token, '/available'],
      [available, 'GET', admin.token, '/available?count=0'],
      [restore, 'POST', admin.token, '/1001/restore'],
      [one, 'DELETE', admin.token, '/1001'],
      [one, 'DELETE', admin.token, '/1001'],
    ];
    await dialplane.lookupUser('1001', admin.tenant.domain);
    for (const [path, method, token, suffix, body] of cases) {
      check(path, method, await dialplane.api(token, method, `/extensions${suffix}`, body));
    }
    check(list, 'GET', await dialplane.api(admin.token, 'GET', '/extensions?status=deleted'));
    await dialplane.dataSource.manager.update(Tenant, admin.tenant.id, { maxExtensions: 1 });
    check(restore, 'POST', await dialplane.api(admin.token, 'POST', '/extensions/1001/restore'));
    await dialplane.dataSource.manager.update(Tenant, admin.tenant.id, { maxExtensions: null });
    check(restore, 'POST', await dialplane.api(admin.token, 'POST', '/extensions/1001/restore'));
    for (const path of ['/caller-ids', '/teams', '/departments', '/registrations']) {
      const documented = `/api/pbx${path}`;
      check(documented, 'GET', await dialplane.api(admin.token, 'GET', path));
      check(documented, 'GET', await dialplane.api(admin.token, 'GET', `${path}?per_page=x`));
    }
    const stream = '/api/pbx/registrations/stream';
    check(stream, 'GET', await dialplane.api(admin.token, 'GET', '/registrations/stream?devices=x'));
    check('/health/live', 'GET', await dialplane.request('GET', '/health/live'));
    check('/health/ready', 'GET', await dialplane.request('GET', '/health/ready'));
  });

  it('is true of answers about people, tenants and the audit', async () => {
    const account = await dialplane.tenant();
    const admin = await person(dialplane, account, 'admin');
    const disabled = await dialplane.tenant();
    const outsider = await person(dialplane, disabled, 'admin');
    await dialplane.dataSource.manager.update(Tenant, disabled.tenant.id, { status: 'disabled' });
    const root = await operator(dialplane);
    await dialplane.api(account.token, 'POST', '/extensions', { extension_number: '1001' });

    /** @param documented its last part in braces stands for `id` */
    const answered = async (
      [method, documented, token]: [string, string, string],
      { id, ...init }: { id?: number | string; body?: unknown; ifMatch?: string } = {},
    ): Promise<{ id?: number }> => {
      const path = `/api${documented}`;
      const headers = {
        Authorization: `Bearer ${token}`,
        ...(init.ifMatch !== undefined && { 'If-Match': init.ifMatch }),
        ...(init.body !== undefined && { 'Content-Type': 'application/json' }),
      };
      const body = init.body === undefined ? {} : { body: JSON.stringify(init.body) };
      const there = path.replace(/\{\w+\}/, String(id));
      const answer = await dialplane.request<{ data: { id?: number } }>(method, there, { headers, ...body });
      check(path, method, answer);
      return answer.body.data ?? {};
    };
    const old = { ifMatch: '"x"' };
    const pair = { username: admin.username, password: PASSWORD };
    for (const body of [pair, { ...pair, password: 'wrong' }, { ...pair, username: outsider.username }, {}])
      await answered(['POST', '/auth/login', ''], { body });
    await answered(['GET', '/auth/me', admin.token]);
    await answered(['GET', '/auth/me', account.token]);
    await answered(['POST', '/auth/change-password', admin.token], { body: {} });

    const token = await answered(['POST', '/auth/tokens', admin.token], { body: { name: 'crm' } });
    await answered(['POST', '/auth/tokens', admin.token], { body: {} });
    await answered(['GET', '/auth/tokens', admin.token]);
    await answered(['DELETE', '/auth/tokens/{id}', admin.token], { ...token, ...old });
    for (const method of ['GET', 'DELETE']) await answered([method, '/auth/tokens/{id}', admin.token], token);

    const user = await answered(['POST', '/auth/users', admin.token], {
      body: { username: 'desk.of', role: 'supervisor' },
    });
    await answered(['POST', '/auth/users', admin.token], { body: {} });
    await answered(['GET', '/auth/users', admin.token]);
    const one = '/auth/users/{id}';
    await answered(['GET', one, admin.token], user);
    for (const body of [{ email: null }, { role: 'x' }])
      await answered(['PUT', one, admin.token], { ...user, body });
    await answered(['PUT', one, account.token], { id: admin.id, body: { role: 'agent' } });
    await answered(['PUT', one, admin.token], { ...user, ...old, body: { email: null } });
    await answered(['DELETE', one, admin.token], { ...user, ...old });
    await answered(['DELETE', one, account.token], { id: admin.id });
    await answered(['DELETE', one, admin.token], user);

    const tenants = '/platform/tenants';
    const body = { name: 'New', domain: 'new.test' };
    const tenant = await answered(['POST', tenants, root], { body });
    await answered(['POST', tenants, root], { body });
    await answered(['GET', tenants, root]);
    for (const path of ['/api/platform/tenants', '/api/platform/audit'])
      check(path, 'GET', await ask(`${path}?page=0`, 'GET', root));
    for (const id of [tenant.id ?? 0, 999_999]) {
      await answered(['GET', `${tenants}/{id}`, root], { id });
      await answered(['PUT', `${tenants}/{id}`, root], { id, body: { name: 'Newer' } });
      await answered(['DELETE', `${tenants}/{id}`, root], { id });
    }
    const ours = { id: account.tenant.id };
    await answered(['PUT', `${tenants}/{id}`, root], { ...ours, ...old, body: {} });
    await answered(['DELETE', `${tenants}/{id}`, root], { ...ours, ...old });
    await answered(['PUT', `${tenants}/{id}`, root], { ...ours, body: { status: 'x' } });
    await answered(['DELETE', `${tenants}/{id}`, root], ours);

    const nodes = '/platform/nodes';
    const url = 'esl://:x@127.0.0.1:1';
    for (const name of ['new', 'new']) await answered(['POST', nodes, root], { body: { name, url } });
    for (const path of ['/nodes', '/unknown-nodes'].map((end) => `/platform${end}`)) {
      await answered(['GET', path, root]);
      check(`/api${path}`, 'GET', await ask(`/api${path}?page=0`, 'GET', root));
    }
    for (const id of ['new', 'gone']) {
      await answered(['GET', `${nodes}/{name}`, root], { id });
      for (const status of ['draining', 'x'])
        await answered(['PUT', `${nodes}/{name}`, root], { id, body: { status } });
      await answered(['DELETE', `${nodes}/{name}`, root], { id });
    }

    await answered(['GET', '/pbx/audit', admin.token]);
    await answered(['GET', '/platform/audit', root]);
    for (const method of ['PUT', 'DELETE'])
      await answered([method, '/pbx/extensions/{ext}', admin.token], {
        id: '1001',
        ...old,
        ...(method === 'PUT' && { body: {} }),
      });
    const changed = { current_password: PASSWORD, new_password: 'staple battery horse' };
    await answered(['POST', '/auth/change-password', admin.token], { body: changed });
    const again = await login(dialplane, admin.username, changed.new_password);
    await answered(['POST', '/auth/logout', again.body.token]);
  });

  it.each([
    ['caller-ids', '{number}', { number: '0900000020' }, { is_default: 1 }],
    ['teams', '{id}', { name: 'Sales' }, { name: '' }],
    ['departments', '{id}', { name: 'Revenue' }, { name: '' }],
  ])('is true of answers about %s', async (kind, placeholder, good, wrong) => {
    const admin = await dialplane.tenant();
    const list = `/api/pbx/${kind}`;
    const one = `${list}/${placeholder}`;
    const answered = async (path: string, method: string, token: string, suffix: string, body?: unknown) => {
      const answer = await dialplane.api<{ data: unknown }>(token, method, `/${kind}${suffix}`, body);
      check(path, method, answer);
      return Object(answer.body.data) as { id?: number };
    };
    const { id } = await answered(list, 'POST', admin.token, '', good);
    const suffix = `/${id ?? '0900000020'}`;
    const team = await addTeam(dialplane, admin, 'Holding');
    await dialplane.api(admin.token, 'POST', '/extensions', { extension_number: '1001' });
    await answered(list, 'POST', admin.token, '', good);
    await answered(list, 'GET', admin.token, '');
    for (const body of [{}, wrong]) await answered(one, 'PUT', admin.token, suffix, body);
    await answered(one, 'GET', admin.token, suffix);
    for (const method of ['PUT', 'DELETE']) {
      const headers = { Authorization: `Bearer ${admin.token}`, 'If-Match': '"x"' };
      check(one, method, await dialplane.request(method, `${list}${suffix}`, { headers }));
    }
    const holders: Record<string, [string, string]> = {
      'caller-ids': ['/caller-ids/0900000020', 'is_default'],
      teams: ['/extensions/1001', 'team_id'],
      departments: [`/teams/${team.id}`, 'department_id'],
    };
    const [holder, field] = holders[kind] ?? ['', ''];
    for (const value of id ? [id, null] : [true, false]) {
      await dialplane.api(admin.token, 'PUT', holder, { [field]: value });
      await answered(one, 'DELETE', admin.token, suffix);
    }
    if (id) return;
    const rows = { caller_ids: [good] };
    for (const body of [rows, rows]) await answered(`${list}/import`, 'POST', admin.token, '/import', body);
  });

  it('is true of an import, its events and an export', async () => {
    await documentedFiles(dialplane, document, check);
    const frames = await documentedImport(dialplane, check);
    const validate = validatorOf({ $ref: '#/components/schemas/ImportDto' }, document);
    for (const { data } of frames) expect([validate(data), validate.errors]).toEqual([true, null]);
    const path = '/api/pbx/extensions/imports/{id}/events';
    expect(Object.keys(responseOf(path, 'GET', 200)?.content ?? {})).toEqual(['text/event-stream']);
    seen.add(`GET ${path} 200`);
  });

  it('is true of a device, and of one that cannot be ended alone', async () => {
    const site = await Site.start(lane);
    const phone = await site.create('1001');
    await registers(site.fs1, { ...phone, callId: 'reboot' });
    const id = deviceId('fs1', 'internal', site.fs1.registrations(phone)[0]!.contact);
    const path = '/api/pbx/extensions/{ext}/registration';
    check(path, 'GET', await site.api('GET', '/1001/registration'));
    check(`${path}/{device}`, 'DELETE', await site.api('DELETE', `/1001/registration/${id}`));
    await site.stop();
  });

  it('is true of the frames of a stream', async () => {
    const path = '/api/pbx/registrations/stream';
    const fs = await FakeFreeSwitch.start();
    const settings = { FREESWITCH_NODES: fs.address, REGISTRATION_DAMPING_MS: '0' };
    const withNode = await Dialplane.start(lane, settings);
    await nodeReady(withNode, 'fs1');
    const { tenant, token } = await withNode.tenant();
    await withNode.api(token, 'POST', '/extensions', { extension_number: '1001' });
    const stream = await EventStream.open(withNode.url, { token, devices: 'true' });
    await stream.next();
    tellRegistered(fs, { number: '1001', domain: tenant.domain, contact: '<sip:1001@192.0.2.1>' });
    await stream.nextThat<{ devices?: unknown[] }>(({ data }) => data.devices?.length === 1);
    const late = await EventStream.open(withNode.url, { token, devices: 'true' });
    await late.next();
    await withNode.api(token, 'DELETE', '/extensions/1001');
    await fs.refuse();
    await stream.nextThat(({ event }) => event === 'removed');
    await late.nextThat(({ event }) => event === 'nodes');
    const schemas = {
      snapshot: 'StreamSnapshot',
      change: 'StreamChange',
      removed: 'StreamRemoved',
      nodes: 'NodesDto',
    };
    const frames = [...stream.frames, ...late.frames];
    expect(new Set(frames.map(({ event }) => event))).toEqual(new Set(Object.keys(schemas)));
    for (const { event, data } of frames) {
      const $ref = `#/components/schemas/${schemas[event as keyof typeof schemas]}`;
      const validate = validatorOf({ $ref }, document);
      validate(data);
      expect([event, validate.errors]).toEqual([event, null]);
    }
    const { description, content } = responseOf(path, 'GET', 200) ?? {};
    expect(Object.keys(content ?? {})).toEqual(['text/event-stream']);
    for (const [event, schema] of Object.entries(schemas)) {
      expect(description).toContain(`\`${event}\` (${schema})`);
    }
    seen.add(`GET ${path} 200`);
    await withNode.stop();
    await fs.stop();
  });

  /** A request to a route as it is documented, for resources that are not there. */
  function ask(path: string, method: string, token: string, body?: string): Promise<Answer<unknown>> {
    const headers = {
      Authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    };
    const there = path.replaceAll('{ext}', '9999').replaceAll(/\{\w+\}/g, '999999');
    return dialplane.request(method, there, { headers, ...(body !== undefined && { body }) });
  }

  it('is true of what routes refuse alike, and says which of them need no token', async () => {
    const { token } = await dialplane.tenant();
    const disabled = await dialplane.tenant();
    await dialplane.dataSource.manager.update(Tenant, disabled.tenant.id, { status: 'disabled' });
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [lower, { security = [], parameters = [], requestBody }] of Object.entries(operations)) {
        const method = lower.toUpperCase();
        const stranger = await ask(path, method, 'none', requestBody && '{}');
        expect([method, path, stranger.status === 401]).toEqual([method, path, security.length > 0]);
        if (security.length > 0) {
          check(path, method, stranger);
          check(path, method, await ask(path, method, disabled.token, requestBody && '{}'));
        }
        if (path.includes('{')) check(path, method, await ask(path, method, token, requestBody && '{}'));
        const paged = parameters.some((each) => 'name' in each && each.name === 'page');
        if (paged) check(path, method, await ask(`${path}?page=0`, method, token));
        if (!requestBody?.content['application/json']) continue;
        check(path, method, await ask(path, method, token, '['));
        const large = 'x'.repeat(path.endsWith('/import') ? 13_000_000 : 300_000);
        check(path, method, await ask(path, method, token, JSON.stringify(large)));
      }
    }
  });

  it('documents no answer that was not seen', () => {
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { responses }]) =>
        // What routes share (429, and 400, 409 and 422 of an Idempotency-Key) has tests of its own.
        Object.entries(responses).flatMap(([status, response]) =>
          '$ref' in response ? [] : [`${method.toUpperCase()} ${path} ${status}`],
        ),
      ),
    );
    // Only a database that is away makes a 503 (see database-away.e2e.ts), or too many readers of the stream.
    expect(documented.filter((answer) => !seen.has(answer) && !answer.endsWith(' 503'))).toEqual([]);
  });

  it('is shown to people as well', async () => {
    const page = await dialplane.request('GET', '/docs');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  });
});
