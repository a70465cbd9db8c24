// Imports extensions and a caller ID, as CSV and as JSON; takes the passwords, the export and the audit as CSV.
import { createClient, type Schemas } from '@dialplane/client';

const baseUrl = process.env.DIALPLANE_URL ?? 'http://127.0.0.1:3000';
const client = createClient({ baseUrl, token: process.env.DIALPLANE_TOKEN ?? '' });
const asCsv = { query: { format: 'csv' } } as const;

type Import = string | { rows: Schemas['CreatingRowDto'][] };

/** @returns the passwords that it made, which can be had once */
async function importAll(body: Import): Promise<string> {
  const { data: started, error } = await client.POST('/api/pbx/extensions/import', { body });
  if (!started) throw new Error(JSON.stringify(error));
  const job = { params: { path: { id: String(started.data.id) } } };
  const events = await client.GET('/api/pbx/extensions/imports/{id}/events', { ...job, parseAs: 'stream' });
  // They end when the import does.
  for await (const text of events.data?.pipeThrough(new TextDecoderStream()) ?? []) console.error(text);
  const { data } = await client.GET('/api/pbx/extensions/imports/{id}/passwords', job);
  return data ?? '';
}

async function refusal(body: Import): Promise<string | undefined> {
  const { error } = await client.POST('/api/pbx/extensions/import', { body });
  return error && 'errors' in error ? error.errors.rows?.[0] : error?.message;
}

const made = await importAll('extension_number,display_name\n8000-8001,Søren\n');
const madeOfJson = await importAll({ rows: [{ extension_number: '8002-8003', display_name: 'Łucja' }] });
const refused = await refusal('extension_number,x\n8004,y\n');
const callerIds = await client.POST('/api/pbx/caller-ids/import', { body: 'number\n0900000020\n' });
const exported = await client.GET('/api/pbx/extensions/export');
// What may be JSON or CSV is a string to TypeScript with `parseAs`, else one or the other.
const audit = await client.GET('/api/pbx/audit', { params: asCsv, parseAs: 'text' });
const rotated = await client.POST('/api/pbx/extensions/change-passwords', {
  params: asCsv,
  body: { extension_numbers: ['8000'] },
});
const newest = await client.GET('/api/pbx/audit', { params: { query: { per_page: 1 } } });

const told = {
  made,
  madeOfJson,
  refused,
  callerIds: callerIds.data?.data.created,
  exported: exported.data?.split('\r\n'),
  audit: audit.data?.split('\r\n')[0],
  rotated: rotated.data,
  last: typeof newest.data === 'object' ? newest.data.data[0]?.action : newest.data,
};
console.log(JSON.stringify(told, null, 2));
