// Makes an extension, looks at it, rotates its password and deletes it.
import { createClient, type Client, type Schemas } from '@dialplane/client';

const baseUrl = process.env.DIALPLANE_URL ?? 'http://127.0.0.1:3000';
const client = createClient({ baseUrl, token: process.env.DIALPLANE_TOKEN ?? '' });

/** The number's first complaint, or its SIP password. */
async function make(extension_number: string): Promise<string> {
  const body: Schemas['CreateExtensionDto'] = { extension_number, display_name: 'Sales 01' };
  const { data, error } = await client.POST('/api/pbx/extensions', { body });
  if (data) return data.data.sip_password;
  return 'errors' in error ? (error.errors.extension_number?.[0] ?? '') : error.message;
}

async function numbers(from: Client): Promise<string[] | string> {
  const { data, error } = await from.GET('/api/pbx/extensions', { params: { query: { per_page: 200 } } });
  return data ? data.data.map((extension) => extension.extension_number) : error.message;
}

const ext = { params: { path: { ext: '9001' } } };
const made = await make('9001');
const refused = await make('9001');
const listed = await numbers(client);
const detail = await client.GET('/api/pbx/extensions/{ext}', ext);
const rotated = await client.POST('/api/pbx/extensions/{ext}/change-password', { ...ext, body: {} });
const deleted = await client.DELETE('/api/pbx/extensions/{ext}', ext);
const gone = await client.GET('/api/pbx/extensions/{ext}', ext);
const stranger = await numbers(createClient({ baseUrl, token: 'none' }));

const told = {
  made,
  refused,
  listed,
  online: detail.data?.data.sip_registration,
  rotated: rotated.data?.data.sip_password,
  deleted: deleted.data?.data.deleted,
  gone: [gone.response.status, gone.error?.message],
  stranger,
};
console.log(JSON.stringify(told, null, 2));
