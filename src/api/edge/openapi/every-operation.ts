import { type Document, type Header, type Operation, type Reference, type Response } from './openapi';

const HEADERS = {
  'X-Request-Id': {
    description: "The request's own X-Request-Id, or a generated one; it is in the log too.",
    schema: { type: 'string', example: '0f6c2b1e-6c0e-4f0e-9a55-3c1f6a1f5b1d' },
  },
  'X-RateLimit-Limit': {
    description: 'Requests that are allowed in 60 seconds; absent where there is no limit.',
    schema: { type: 'integer', example: 600 },
  },
  'X-RateLimit-Remaining': {
    description: 'How many more may be sent now.',
    schema: { type: 'integer', example: 599 },
  },
  'X-RateLimit-Reset': {
    description: 'When the oldest request that counts is 60 seconds old, in seconds since 1970.',
    schema: { type: 'integer', example: 1775477953 },
  },
  'Retry-After': { description: 'Seconds.', schema: { type: 'integer', example: 25 } },
  ETag: {
    description: 'The version of the resource as it is now; for If-Match.',
    schema: { type: 'string', example: '"1Zb6Q3o0yT5wJm2c8sVn4rXkE9a"' },
  },
  'Idempotent-Replayed': {
    description: '`true`: the answer of an earlier request with the same Idempotency-Key.',
    schema: { type: 'string', enum: ['true'] },
  },
} satisfies Record<string, Header>;

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Best a UUID, new for each action. The same request repeated within 24 hours is not done twice and gets the ' +
    'first answer again. After a 401, 403, 409, 412, 429 or 5xx it runs again; so does a login whose token was ' +
    'revoked since.',
  schema: {
    type: 'string',
    minLength: 1,
    maxLength: 255,
    pattern: '^[!-~]+$',
    example: 'c0a8f1f2-5a7e-4b7c-8d0e-2b8f3f1d9a10',
  },
} as const;

const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description:
    'The ETag of the resource as it was read; if the resource has changed since, nothing is changed.',
  schema: { type: 'string', example: '"1Zb6Q3o0yT5wJm2c8sVn4rXkE9a"' },
} as const;

const RETRY_AFTER = ref('headers', 'Retry-After');
const MALFORMED = 'The Idempotency-Key header must be 1 to 255 visible ASCII characters.';
const UNDER_WAY = 'A request with this idempotency key is still running.';
const MISUSED = 'The idempotency key has already been used with another request.';

/** The answers that routes share, and do not document themselves. */
const RESPONSES = {
  TooManyRequests: {
    description: 'Too many requests in 60 seconds.',
    headers: { 'Retry-After': RETRY_AFTER },
    content: errorBody('ErrorBody', { message: 'Too many requests. Retry after 25 seconds.' }),
  },
  IdempotencyKeyMalformed: {
    description: MALFORMED,
    content: errorBody('ErrorBody', { message: MALFORMED }),
  },
  RequestUnderWay: {
    description: UNDER_WAY,
    headers: { 'Retry-After': RETRY_AFTER },
    content: errorBody('ErrorBody', { message: UNDER_WAY }),
  },
  IdempotencyKeyMisused: {
    description: MISUSED,
    content: errorBody('InvalidDataBody', {
      message: 'The given data was invalid.',
      errors: { idempotency_key: [MISUSED] },
    }),
  },
} satisfies Record<string, Response>;

/**
 * The document with what every operation has and no controller says: X-Request-Id; under /api the rate
 * limit's headers and 429; on its POSTs Idempotency-Key with 400, 409 and 422; If-Match where there is a 412, and
 * the ETag for it; and, on what needs no token, that.
 */
export function withEveryOperation(document: Document): Document {
  const { paths, components, ...rest } = structuredClone(document);
  for (const [path, operations] of Object.entries(paths)) {
    makeConditional(operations);
    for (const [method, operation] of Object.entries(operations)) {
      operation.security ??= [];
      const limited = path.startsWith('/api/');
      if (limited) operation.responses['429'] ??= ref('responses', 'TooManyRequests');
      if (limited && method === 'post') makeIdempotent(operation);
      describe(operation);
      addHeaders(operation, limited ? RATE_LIMITED : ['X-Request-Id']);
    }
  }
  const shared = {
    headers: { ...components.headers, ...HEADERS },
    parameters: {
      ...components.parameters,
      [IDEMPOTENCY_KEY.name]: IDEMPOTENCY_KEY,
      [IF_MATCH.name]: IF_MATCH,
    },
    responses: { ...components.responses, ...withHeaders(RESPONSES) },
  };
  return { ...rest, paths, components: { ...components, ...shared } };
}

const MEANING: Record<string, string> = { 200: 'Done.', 201: 'Made.', 202: 'Accepted; it is done later.' };

/** A good answer needs no words but these, unless the controller has some. */
function describe({ responses }: Operation): void {
  for (const [status, response] of Object.entries(responses))
    if (!('$ref' in response)) response.description ||= MEANING[status] ?? '';
}

const RATE_LIMITED = ['X-Request-Id', 'X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'];

function makeConditional(operations: Record<string, Operation>): void {
  const conditional = Object.values(operations).filter(({ responses }) => responses['412']);
  for (const operation of conditional) addParameter(operation, IF_MATCH.name);
  if (conditional.length === 0) return;
  for (const operation of [operations.get, operations.put]) if (operation) addToGood(operation, 'ETag');
}

function makeIdempotent(operation: Operation): void {
  addParameter(operation, IDEMPOTENCY_KEY.name);
  alsoAnswers(operation, '400', MALFORMED, ref('responses', 'IdempotencyKeyMalformed'));
  alsoAnswers(operation, '409', UNDER_WAY, ref('responses', 'RequestUnderWay'));
  alsoAnswers(operation, '422', MISUSED, ref('responses', 'IdempotencyKeyMisused'));
  addToGood(operation, 'Idempotent-Replayed');
}

/** Unless the controller documents it itself. */
function addParameter(operation: Operation, name: string): void {
  const parameters = operation.parameters ?? [];
  const own = parameters.some((each) => 'name' in each && each.name.toLowerCase() === name.toLowerCase());
  operation.parameters = own ? parameters : [...parameters, ref('parameters', name)];
}

function addToGood({ responses }: Operation, header: string): void {
  for (const [status, response] of Object.entries(responses)) {
    if (status.startsWith('2') && !('$ref' in response))
      response.headers = { [header]: ref('headers', header), ...response.headers };
  }
}

/** A route's own answer of that status says the shared reason too. */
function alsoAnswers({ responses }: Operation, status: string, reason: string, shared: Reference): void {
  const own = responses[status];
  if (!own) responses[status] = shared;
  else if (!('$ref' in own)) own.description = `${own.description} Or: ${reason}`;
}

function addHeaders({ responses }: Operation, names: string[]): void {
  for (const response of Object.values(responses)) {
    if (!('$ref' in response)) response.headers = { ...headersOf(names), ...response.headers };
  }
}

function withHeaders(responses: Record<string, Response>): Record<string, Response> {
  return Object.fromEntries(
    Object.entries(responses).map(([name, response]) => [
      name,
      { ...response, headers: { ...headersOf(RATE_LIMITED), ...response.headers } },
    ]),
  );
}

function headersOf(names: string[]): Record<string, Reference> {
  return Object.fromEntries(names.map((name) => [name, ref('headers', name)]));
}

function errorBody(schema: string, example: object): Response['content'] & object {
  return { 'application/json': { schema: ref('schemas', schema), example } };
}

function ref(kind: string, name: string): Reference {
  return { $ref: `#/components/${kind}/${name}` };
}
