/** What we read and write of an OpenAPI 3.0 document; the rest is carried along as it is. */
export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: Components;
}

export interface Components {
  schemas: Record<string, Schema>;
  headers?: Record<string, Header>;
  parameters?: Record<string, Parameter>;
  responses?: Record<string, Response>;
}

export interface Operation {
  parameters?: (Parameter | Reference)[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Response | Reference>;
  security?: Record<string, string[]>[];
}

export interface Reference {
  $ref: string;
}

export interface Header {
  description: string;
  schema: Schema;
}

export interface Parameter extends Header {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
}

export interface Response {
  description: string;
  headers?: Record<string, Header | Reference>;
  content?: Record<string, Media>;
}

export interface Media {
  schema: Schema;
  example?: unknown;
}

export interface Schema {
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  type?: string;
  format?: string;
  enum?: unknown[];
  nullable?: boolean;
  example?: unknown;
  default?: unknown;
  minimum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: unknown;
}
