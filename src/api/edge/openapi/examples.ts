import { type Document, type Media, type Schema } from './openapi';

const TIME = '2026-04-06T12:19:13+00:00';

/** The document with an example for every body that has none, made of those of its fields. */
export function withExamples(document: Document): Document {
  const filled = structuredClone(document);
  const fill = (content: Record<string, Media> = {}): void => {
    for (const media of Object.values(content)) media.example ??= exampleOf(media.schema, filled);
  };
  for (const operation of Object.values(filled.paths).flatMap((path) => Object.values(path))) {
    fill(operation.requestBody?.content);
    for (const response of Object.values(operation.responses))
      if (!('$ref' in response)) fill(response.content);
  }
  return filled;
}

/** Of an object: the fields that are always there, and those for which an example was thought of. */
export function exampleOf(schema: Schema, document: Document): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.$ref !== undefined) return exampleOf(resolved(schema.$ref, document), document);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, document)));
  if (schema.oneOf?.[0]) return exampleOf(schema.oneOf[0], document);
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.nullable) return null;
  return exampleOfType(schema, document);
}

function exampleOfType(schema: Schema, document: Document): unknown {
  const { type, format, items, minimum = 1 } = schema;
  if (type === 'object') return exampleOfObject(schema, document);
  if (type === 'array') return items ? [exampleOf(items, document)] : [];
  if (type === 'integer' || type === 'number') return minimum;
  if (type === 'boolean') return true;
  return format === 'date-time' ? TIME : '';
}

function exampleOfObject({ properties = {}, required = [] }: Schema, document: Document): unknown {
  const shown = Object.entries(properties).filter(
    ([name, { example }]) => required.includes(name) || example !== undefined,
  );
  return Object.fromEntries(shown.map(([name, schema]) => [name, exampleOf(schema, document)]));
}

function resolved($ref: string, { components }: Document): Schema {
  const name = $ref.replace('#/components/schemas/', '');
  const schema = components.schemas[name];
  if (!schema) throw new Error(`The OpenAPI document lacks the schema ${name}`);
  return schema;
}
