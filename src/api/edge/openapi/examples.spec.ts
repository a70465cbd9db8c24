import { exampleOf, withExamples } from './examples';
import { type Document, type Schema } from './openapi';

const schemas: Record<string, Schema> = {
  Thing: {
    type: 'object',
    required: ['id', 'at', 'kind', 'note', 'tags', 'on'],
    properties: {
      id: { type: 'integer', minimum: 1 },
      at: { type: 'string', format: 'date-time' },
      kind: { enum: ['phone', 'trunk'] },
      note: { type: 'string', nullable: true },
      tags: { type: 'array', items: { type: 'string', example: 'a' } },
      on: { type: 'boolean', default: false },
      hidden: { type: 'string' },
      shown: { type: 'string', example: 'x' },
    },
  },
};
const document = (example?: unknown): Document => ({
  paths: {
    '/things': {
      post: {
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
        responses: {
          200: {
            description: '',
            content: {
              'application/json': { schema: { type: 'boolean' }, ...(example !== undefined && { example }) },
            },
          },
          429: { $ref: '#/components/responses/TooManyRequests' },
        },
      },
    },
  },
  components: { schemas },
});
const THING = {
  id: 1,
  at: '2026-04-06T12:19:13+00:00',
  kind: 'phone',
  note: null,
  tags: ['a'],
  on: false,
  shown: 'x',
};

describe('examples', () => {
  it('are made of the fields that are always there or have one', () => {
    const { post } = withExamples(document()).paths['/things'] ?? {};
    expect(post?.requestBody?.content['application/json']?.example).toEqual(THING);
    expect(post?.responses['200']).toMatchObject({ content: { 'application/json': { example: true } } });
  });

  it('that a controller thought of stay', () => {
    const { post } = withExamples(document(false)).paths['/things'] ?? {};
    expect(post?.responses['200']).toMatchObject({ content: { 'application/json': { example: false } } });
  });

  it('of what is put together are put together', () => {
    const allOf = [
      { $ref: '#/components/schemas/Thing' },
      { type: 'object', required: ['more'], properties: { more: { type: 'boolean' } } },
    ];
    expect(exampleOf({ allOf }, document())).toEqual({ ...THING, more: true });
  });

  it('of a schema that is not there are an error', () => {
    const schema = { $ref: '#/components/schemas/None' };
    expect(() => exampleOf(schema, document())).toThrow('lacks the schema None');
  });
});
