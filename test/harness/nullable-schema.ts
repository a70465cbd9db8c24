import { type Schema } from '../../src/docs/openapi';

/** OpenAPI 3.0 says `nullable`, which lets no null by the rest of a schema; JSON Schema says a list of types. */
export function nullable<T>(schema: T): T {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    const { nullable: isNullable, ...rest } = Object(value) as Schema;
    return isNullable ? { ...rest, ...(rest.type && { type: [rest.type, 'null'] }) } : value;
  }) as T;
}
