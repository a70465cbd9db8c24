import { openapi } from '../../src/cli/openapi';
import {
  type Document,
  type Operation,
  type Response,
  type Schema,
} from '../../src/api/edge/openapi/openapi';

const RATE_LIMIT = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'];

interface Described extends Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
}

/** What a program's or a person's reader of the document would miss; each line says where. */
describe('the OpenAPI document is complete:', () => {
  let document: Document & { tags: { name: string; description: string }[] };
  const operations: [string, Described][] = [];

  beforeAll(async () => {
    document = (await openapi()).json as unknown as typeof document;
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods))
        operations.push([`${method.toUpperCase()} ${path}`, operation]);
    }
  });

  /** @param missing what one operation lacks */
  function expectNothing(missing: (operation: Described, name: string) => (string | false)[]): void {
    const lines = operations.flatMap(([name, operation]) =>
      missing(operation, name)
        .filter((line) => line !== false)
        .map((line) => `${name} ${line}`),
    );
    expect(lines).toEqual([]);
  }

  const resolve = (response: Operation['responses'][string]): Response | undefined =>
    '$ref' in response
      ? document.components.responses?.[response.$ref.replace('#/components/responses/', '')]
      : response;
  const isApi = (name: string): boolean => name.includes(' /api/');
  const takesBody = (operation: Described): boolean => operation.requestBody !== undefined;

  it('every operation has a name of its own, a summary and a tag that is described', () => {
    expect(operations.length).toBeGreaterThan(15);
    const names = operations.map(([, { operationId }]) => operationId);
    const described = document.tags.filter(({ description }) => description).map(({ name }) => name);
    expectNothing(({ operationId, summary, tags = [] }) => [
      !/^[a-z][A-Za-z]+$/.test(operationId ?? '') && `has the operationId ${operationId}`,
      names.filter((name) => name === operationId).length > 1 &&
        `shares the operationId ${operationId}: give @ApiOperation one`,
      !summary && 'has no summary: @ApiOperation',
      !(tags.length === 1 && described.includes(tags[0] ?? '')) &&
        `has the tags [${tags.join()}]: one that is described in TAGS of src/api/edge/openapi/docs.ts`,
    ]);
  });

  it('every operation documents the errors it can end in', () => {
    expectNothing((operation, name) => {
      const expected = [
        ...(takesBody(operation) ? [400, 413, 422] : []),
        ...(operation.security?.length ? [401, 403] : []),
        ...(isApi(name) && name.includes('{') ? [404] : []),
        ...(isApi(name) ? [429, 503] : []),
        ...(name.startsWith('POST /api/') ? [400, 409, 422] : []),
      ];
      return expected.map((status) => !operation.responses[status] && `documents no ${status}: @ApiErrors`);
    });
  });

  it('every answer has its headers, and a POST takes an Idempotency-Key', () => {
    expectNothing((operation, name) => {
      const headers = ['X-Request-Id', ...(isApi(name) ? RATE_LIMIT : [])];
      const lacking = Object.entries(operation.responses).flatMap(([status, response]) =>
        headers
          .concat(status === '429' || status === '503' ? (isApi(name) ? ['Retry-After'] : []) : [])
          .filter((header) => !resolve(response)?.headers?.[header])
          .map((header) => `${status} lacks ${header}`),
      );
      const key = { $ref: '#/components/parameters/Idempotency-Key' };
      const parameters = JSON.stringify(operation.parameters ?? []);
      const has = parameters.includes(JSON.stringify(key));
      return [...lacking, has !== name.startsWith('POST /api/') && 'has Idempotency-Key wrong'];
    });
  });

  it('every body has an example, and every text in it says something', () => {
    expectNothing(({ requestBody, responses }) => {
      const bodies: [string, Response['content']][] = [
        ['request', requestBody?.content],
        ...Object.entries(responses).map(([status, response]): [string, Response['content']] => [
          status,
          resolve(response)?.content,
        ]),
      ];
      return bodies.flatMap(([name, content = {}]) =>
        Object.values(content).map(
          ({ example }) =>
            (example === undefined || JSON.stringify(example).includes('""')) &&
            `${name} lacks an example in a field's @ApiProperty: ${JSON.stringify(example)}`,
        ),
      );
    });
  });

  it('every field and parameter says its type', () => {
    const untyped = (schema: Schema | undefined): boolean =>
      JSON.stringify(schema ?? {}).includes('"#/components/schemas/Object"');
    const named = Object.entries(document.components.schemas).flatMap(([name, { properties = {} }]) =>
      Object.entries(properties).map(([field, schema]): [string, Schema] => [`${name}.${field}`, schema]),
    );
    expect(named.filter(([, schema]) => untyped(schema)).map(([name]) => name)).toEqual([]);
    expectNothing(({ parameters = [] }) =>
      parameters.map(
        (parameter) =>
          'name' in parameter &&
          untyped(parameter.schema) &&
          `takes ${parameter.name} of no type: give its @ApiProperty one, since it may be null`,
      ),
    );
  });

  it('every list can be paged', () => {
    const schemaOf = (response: Response | undefined): Schema => {
      const { $ref = '' } = response?.content?.['application/json']?.schema ?? {};
      return document.components.schemas[$ref.replace('#/components/schemas/', '')] ?? {};
    };
    expectNothing(({ parameters = [], responses }) => {
      const { properties = {} } = schemaOf(responses['200'] && resolve(responses['200']));
      const names = parameters.map((parameter) => ('name' in parameter ? parameter.name : ''));
      const isPage = properties['current_page'] !== undefined;
      const whole = ['current_page', 'data', 'last_page', 'per_page', 'total'].every(
        (key) => properties[key],
      );
      return [
        isPage && !whole && 'answers with half a page: extend Page',
        isPage &&
          !(names.includes('page') && names.includes('per_page')) &&
          'takes no page: extend PageQuery',
      ];
    });
  });
});
