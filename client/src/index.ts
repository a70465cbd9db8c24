import createFetchClient, {
  type Client as FetchClient,
  defaultBodySerializer,
  type Middleware,
} from 'openapi-fetch';
import type { components, paths } from './schema.js';

export type { components, operations, paths } from './schema.js';

/** The bodies by name: `Schemas['ExtensionDto']`. */
export type Schemas = components['schemas'];

/**
 * `client.GET('/api/pbx/extensions/{ext}', { params: { path: { ext: '1001' } } })`, and likewise POST, PUT
 * and DELETE; each resolves to `{ data, response }` or `{ error, response }`, and rejects only when there
 * is no answer. A body that is a string is sent as CSV; an answer that is no JSON is a string.
 */
export type Client = FetchClient<paths>;

export interface ClientOptions {
  /** Where Dialplane listens: `https://pbx.example`. */
  baseUrl: string;
  /** `<id>|<secret>`; only what is public works without. */
  token?: string | undefined;
}

/** A string becomes a Blob, which has a type, unless the caller said what it is. */
function serialize(body: unknown, headers?: Headers): unknown {
  if (typeof body !== 'string') return defaultBodySerializer(body);
  return headers?.has('Content-Type') ? body : new Blob([body], { type: 'text/csv' });
}

/** openapi-fetch calls every body JSON; one that has a type is called by it. */
const TypedRequest = new Proxy(Request, {
  construct(target, [input, init]: ConstructorParameters<typeof Request>) {
    const request = new target(input, init);
    if (init?.body instanceof Blob) request.headers.set('Content-Type', init.body.type);
    return request;
  },
});

/** openapi-fetch reads every answer as JSON, so what is none is given to it as a JSON string. */
const byContentType: Middleware = {
  async onResponse({ response, options }) {
    if (options.parseAs !== 'json' || /[/+]json\b/i.test(response.headers.get('Content-Type') ?? '')) return;
    const text = await response.text();
    const { status, statusText } = response;
    const headers = new Headers(response.headers);
    if (text !== '') return new Response(JSON.stringify(text), { status, statusText, headers });
    // The one way in which it sees that an error is empty.
    headers.delete('Transfer-Encoding');
    headers.set('Content-Length', '0');
    return new Response(null, { status, statusText, headers });
  },
};

export function createClient({ baseUrl, token }: ClientOptions): Client {
  const client = createFetchClient<paths>({
    baseUrl,
    bodySerializer: serialize,
    Request: TypedRequest,
    ...(token !== undefined && { headers: { Authorization: `Bearer ${token}` } }),
  });
  client.use(byContentType);
  return client;
}
