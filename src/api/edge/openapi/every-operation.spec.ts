import { withEveryOperation } from './every-operation';
import { type Document, type Operation } from './openapi';

const ok = (): Operation => ({ responses: { 200: { description: '' } } });

const conditional = (): Operation => ({
  responses: { 200: { description: '' }, 412: { description: 'Changed.' } },
});
const IF_MATCH = {
  name: 'if-match',
  in: 'header',
  required: false,
  description: 'Mine.',
  schema: { type: 'string' },
} as const;

describe('what every operation has', () => {
  const document: Document = {
    paths: {
      '/api/pbx/things': {
        get: { ...ok(), security: [{ bearer: [] }] },
        post: { responses: { 201: { description: 'A thing.' }, 409: { description: 'There is one.' } } },
      },
      '/api/pbx/things/{id}': {
        get: ok(),
        put: conditional(),
        delete: { ...conditional(), parameters: [IF_MATCH] },
      },
      '/health/live': { get: ok(), post: ok() },
    },
    components: { schemas: {} },
  };
  const before = structuredClone(document);
  const { paths, components } = withEveryOperation(document);
  const things = paths['/api/pbx/things'];
  const health = paths['/health/live'];

  it('leaves the document that it was given', () => {
    expect(document).toEqual(before);
  });

  it('says what needs no token, and leaves what needs one', () => {
    expect(things?.get?.security).toEqual([{ bearer: [] }]);
    expect(things?.post?.security).toEqual([]);
  });

  it('limits the API only', () => {
    expect(things?.get?.responses['429']).toEqual({ $ref: '#/components/responses/TooManyRequests' });
    expect(health?.get?.responses['429']).toBeUndefined();
    expect(Object.keys(components.responses?.TooManyRequests?.headers ?? {})).toEqual([
      'X-Request-Id',
      'X-RateLimit-Limit',
      'X-RateLimit-Remaining',
      'X-RateLimit-Reset',
      'Retry-After',
    ]);
    expect(health?.get?.responses['200']).toEqual({
      description: 'Done.',
      headers: { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } },
    });
  });

  it('gives ETags where If-Match is held to', () => {
    const thing = paths['/api/pbx/things/{id}'];
    const ifMatch = { $ref: '#/components/parameters/If-Match' };
    expect([thing?.get?.parameters, thing?.put?.parameters]).toEqual([undefined, [ifMatch]]);
    expect(thing?.delete?.parameters).toEqual([{ ...IF_MATCH }]);
    const tagged = [thing?.get, thing?.put, thing?.delete].map((operation) =>
      JSON.stringify(operation?.responses['200']).includes('headers/ETag'),
    );
    expect(tagged).toEqual([true, true, false]);
  });

  it('makes POSTs of the API repeatable, beside what they say themselves', () => {
    const key = { $ref: '#/components/parameters/Idempotency-Key' };
    expect(things?.post?.parameters).toEqual([key]);
    expect([things?.get?.parameters, health?.post?.parameters]).toEqual([undefined, undefined]);
    expect(things?.post?.responses['409']).toMatchObject({
      description: 'There is one. Or: A request with this idempotency key is still running.',
    });
    expect(things?.post?.responses['422']).toEqual({ $ref: '#/components/responses/IdempotencyKeyMisused' });
    expect(things?.post?.responses['201']).toMatchObject({
      description: 'A thing.',
      headers: { 'Idempotent-Replayed': {} },
    });
  });
});
