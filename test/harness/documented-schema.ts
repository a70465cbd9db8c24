import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { type Document, type Schema } from '../../src/api/edge/openapi/openapi';

/** Validators of a document, by the text of their schemas: to compile one takes longer than most requests. */
const compiled = new WeakMap<Document, Map<string, ValidateFunction>>();

/** Whether an answer is what `schema` of the document says, no property more. */
export function validatorOf(schema: object, document: Document): ValidateFunction {
  const known = compiled.get(document) ?? new Map<string, ValidateFunction>();
  compiled.set(document, known);
  const text = JSON.stringify(schema);
  const validate = known.get(text) ?? compile(schema, document);
  known.set(text, validate);
  return validate;
}

function compile(schema: object, document: Document): ValidateFunction {
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

/** OpenAPI 3.0 says `nullable`, which lets no null by the rest of a schema; JSON Schema says a list of types. */
function nullable<T>(schema: T): T {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    const { nullable: isNullable, ...rest } = Object(value) as Schema;
    return isNullable ? { ...rest, ...(rest.type && { type: [rest.type, 'null'] }) } : value;
  }) as T;
}
