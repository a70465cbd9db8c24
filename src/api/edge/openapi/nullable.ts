import { type Document, type Schema } from './openapi';

/** The one value that a schema of OpenAPI 3.0 names so; it has no type `null`. */
const NULL: Schema = { type: 'object', nullable: true, enum: [null] };

/**
 * The document in which `nullable` holds: OpenAPI 3.0.3 demands that null be among the values that are listed, and
 * lets no null by what `allOf` refers to.
 */
export function withNulls(document: Document): Document {
  return JSON.parse(JSON.stringify(document), (_key, value: unknown) => {
    const { nullable, enum: values, allOf, ...rest } = Object(value) as Schema;
    if (nullable !== true) return value;
    if (Array.isArray(allOf)) return { ...rest, type: undefined, oneOf: [...allOf, NULL] };
    if (!Array.isArray(values) || values.includes(null)) return value;
    return { ...Object(value), enum: [...values, null] } as Schema;
  }) as Document;
}
