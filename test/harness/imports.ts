import { type Answer, type Dialplane } from './dialplane';
import { eventually } from './eventually';

export interface Job {
  id: number;
  status: string;
  total: number;
  processed: number;
  percent: number;
  created: number;
  updated: number;
  unchanged: number;
  failed: number;
  passwords_available: boolean;
  message: string | null;
  finished_at: string | null;
  errors: { line: number; extension_number: string | null; errors: Record<string, string[]> }[];
}

interface Told {
  data: Job;
}

/** Posts a file, or rows as JSON. */
export function postImport<T = Told>(
  dialplane: Dialplane,
  token: string,
  file: string | Buffer | { rows: unknown },
  query = '',
): Promise<Answer<T>> {
  const isFile = typeof file === 'string' || Buffer.isBuffer(file);
  return dialplane.request<T>('POST', `/api/pbx/extensions/import${query}`, {
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': isFile ? 'text/csv' : 'application/json; charset=utf-8',
    },
    body: isFile ? new Uint8Array(Buffer.from(file)) : JSON.stringify(file),
  });
}

export async function readJob(dialplane: Dialplane, token: string, id: number): Promise<Job> {
  return (await dialplane.api<Told>(token, 'GET', `/extensions/imports/${id}`)).body.data;
}

export async function overJob(dialplane: Dialplane, token: string, id: number): Promise<Job> {
  let job = await readJob(dialplane, token, id);
  await eventually(async () => {
    job = await readJob(dialplane, token, id);
    return job.finished_at !== null;
  });
  return job;
}

/** The job once it is over. */
export async function importFile(
  dialplane: Dialplane,
  token: string,
  file: string | Buffer | { rows: unknown },
  query = '',
): Promise<Job> {
  const answer = await postImport(dialplane, token, file, query);
  if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`);
  return overJob(dialplane, token, answer.body.data.id);
}
