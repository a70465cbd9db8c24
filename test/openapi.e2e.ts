import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { type Answer, Dialplane } from './harness/dialplane';
import { FakeFreeSwitch } from './fake-freeswitch/fake-freeswitch';
import { EventStream } from './harness/event-stream';
import { describeOnEach } from './harness/lanes';
import { nodeReady } from './harness/nodes';
import { addCallerId, addTeam } from './harness/records';
import { tellRegistered } from './harness/register-events';

interface Operation {
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

interface Schema {
  type?: string;
  properties?: Record<string, unknown>;
  allOf?: unknown[];
  additionalProperties?: unknown;
}

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
    const response = document.paths[path]?.[method.toLowerCase()]?.responses[String(status)];
    const schema = response?.content?.['application/json']?.schema;
    if (!schema) throw new Error(`${method} ${path} documents no ${status}`);
    return validatorOf(schema);
  }

  function validatorOf(schema: object): ValidateFunction {
    const schemas = Object.entries(document.components.schemas).map(([name, schema]): [string, Schema] => [
      name,
      schema.properties && schema.additionalProperties === undefined
        ? { ...schema, additionalProperties: false }
        : schema,
    ]);
    const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
    return ajv.compile({
      ...nullable(schema),
      components: { schemas: nullable(Object.fromEntries<Schema>(schemas)) },
    });
  }

  function check(path: string, method: string, answer: Answer<unknown>): void {
    if (answer.headers.get('content-type') === 'text/xml; charset=utf-8') {
      const { content } = document.paths[path]?.[method.toLowerCase()]?.responses[answer.status] ?? {};
      expect(content).toEqual({ 'text/xml': { schema: { type: 'string' } } });
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
    const reader = await dialplane.token(admin.tenant, 'read_only');
    const agent = await dialplane.token(admin.tenant, 'agent');
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
    const large = { x: 'x'.repeat(100_000) };
    const cases: [string, string, string, string, unknown?][] = [
      [list, 'POST', admin.token, '', full],
      [list, 'POST', admin.token, '', { extension_number: '1002' }],
      [list, 'POST', admin.token, '', {}],
      [list, 'POST', admin.token, '', []],
      [list, 'POST', admin.token, '', large],
      [list, 'POST', 'none', '', full],
      [list, 'POST', reader, '', full],
      [list, 'GET', admin.token, ''],
      [list, 'GET', admin.token, '?page=0'],
      [list, 'GET', 'none', ''],
      [list, 'GET', agent, ''],
      [one, 'GET', admin.token, '/1001'],
      [one, 'GET', admin.token, '/9999'],
      [one, 'GET', 'none', '/1001'],
      [one, 'GET', agent, '/1001'],
      [one, 'PUT', admin.token, '/1001', { display_name: null }],
      [one, 'PUT', admin.token, '/1001', { display_name: 1 }],
      [one, 'PUT', admin.token, '/1001', []],
      [one, 'PUT', admin.token, '/1001', large],
      [one, 'PUT', admin.token, '/9999', {}],
      [one, 'PUT', 'none', '/1001', {}],
      [one, 'PUT', reader, '/1001', {}],
      [rotate, 'POST', admin.token, '/1001/change-password', {}],
      [rotate, 'POST', admin.token, '/1001/change-password', { new_password: 'x' }],
      [rotate, 'POST', admin.token, '/1001/change-password', []],
      [rotate, 'POST', admin.token, '/1001/change-password', large],
      [rotate, 'POST', admin.token, '/9999/change-password', {}],
      [rotate, 'POST', 'none', '/1001/change-password', {}],
      [rotate, 'POST', reader, '/1001/change-password', {}],
      [registration, 'GET', admin.token, '/1001/registration'],
      [registration, 'GET', admin.token, '/9999/registration'],
      [registration, 'GET', 'none', '/1001/registration'],
      [registration, 'GET', agent, '/1001/registration'],
      ...['diagnosis', 'directory'].flatMap((what): [string, string, string, string][] => [
        [`${one}/${what}`, 'GET', admin.token, `/1001/${what}`],
        [`${one}/${what}`, 'GET', admin.token, `/1999/${what}`],
        [`${one}/${what}`, 'GET', admin.token, `/x/${what}`],
        [`${one}/${what}`, 'GET', 'none', `/1001/${what}`],
        [`${one}/${what}`, 'GET', agent, `/1001/${what}`],
      ]),
      [many, 'POST', admin.token, '/change-passwords', { extension_numbers: ['1001'] }],
      [many, 'POST', admin.token, '/change-passwords', {}],
      [many, 'POST', admin.token, '/change-passwords', []],
      [many, 'POST', admin.token, '/change-passwords', { x: 'x'.repeat(300_000) }],
      [many, 'POST', 'none', '/change-passwords', {}],
      [many, 'POST', reader, '/change-passwords', {}],
      ...[registration, device].flatMap((path): [string, string, string, string][] => {
        const suffix = path === registration ? '/registration' : `/registration/${'0'.repeat(16)}`;
        return [
          [path, 'DELETE', admin.token, `/1001${suffix}`],
          [path, 'DELETE', admin.token, `/9999${suffix}`],
          [path, 'DELETE', 'none', `/1001${suffix}`],
          [path, 'DELETE', reader, `/1001${suffix}`],
        ];
      }),
      [receipts, 'GET', admin.token, '/1001/revocations'],
      [receipts, 'GET', admin.token, '/9999/revocations'],
      [receipts, 'GET', admin.token, '/1001/revocations?page=0'],
      [receipts, 'GET', 'none', '/1001/revocations'],
      [receipts, 'GET', agent, '/1001/revocations'],
      [one, 'DELETE', 'none', '/1001'],
      [one, 'DELETE', reader, '/1001'],
      [one, 'DELETE', admin.token, '/1001'],
      [one, 'DELETE', admin.token, '/1001'],
    ];
    await dialplane.lookupUser('1001', admin.tenant.domain);
    for (const [path, method, token, suffix, body] of cases) {
      check(path, method, await dialplane.api(token, method, `/extensions${suffix}`, body));
    }
    for (const path of ['/caller-ids', '/registrations']) {
      const documented = `/api/pbx${path}`;
      check(documented, 'GET', await dialplane.api(admin.token, 'GET', path));
      check(documented, 'GET', await dialplane.api(admin.token, 'GET', `${path}?per_page=x`));
      check(documented, 'GET', await dialplane.api('none', 'GET', path));
      check(documented, 'GET', await dialplane.api(agent, 'GET', path));
    }
    const stream = '/api/pbx/registrations/stream';
    check(stream, 'GET', await dialplane.api(admin.token, 'GET', '/registrations/stream?devices=x'));
    check(stream, 'GET', await dialplane.api('none', 'GET', '/registrations/stream'));
    check(stream, 'GET', await dialplane.api(agent, 'GET', '/registrations/stream'));
    check('/health/live', 'GET', await dialplane.request('GET', '/health/live'));
    check('/health/ready', 'GET', await dialplane.request('GET', '/health/ready'));
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
      const validate = validatorOf({
        $ref: `#/components/schemas/${schemas[event as keyof typeof schemas]}`,
      });
      validate(data);
      expect([event, validate.errors]).toEqual([event, null]);
    }
    const { description, content } = document.paths[path]?.get?.responses['200'] ?? {};
    expect(Object.keys(content ?? {})).toEqual(['text/event-stream']);
    for (const [event, schema] of Object.entries(schemas)) {
      expect(description).toContain(`\`${event}\` (${schema})`);
    }
    seen.add(`GET ${path} 200`);
    await withNode.stop();
    await fs.stop();
  });

  it('documents no answer that was not seen', () => {
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { responses }]) =>
        Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
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

/** OpenAPI 3.0 says `nullable`, JSON Schema a list of types. */
function nullable<T>(schema: T): T {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    const { nullable: isNullable, type, ...rest } = Object(value) as { nullable?: boolean; type?: string };
    return isNullable && type ? { ...rest, type: [type, 'null'] } : value;
  }) as T;
}
