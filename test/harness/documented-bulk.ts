import { type Document } from '../../src/api/edge/openapi/openapi';
import { type Answer, type Dialplane } from './dialplane';
import { EventStream, type Frame } from './event-stream';
import { importFile, type Job, postImport } from './imports';

type Check = (path: string, method: string, answer: Answer<unknown>) => void;

/**
 * An import that is told of in every way that is documented, and an export.
 * @param check holds an answer to what is documented
 * @returns the frames of its events
 */
export async function documentedImport(dialplane: Dialplane, check: Check): Promise<Frame[]> {
  const { token } = await dialplane.tenant();
  const path = '/api/pbx/extensions/import';
  const job = `${path}s/{id}`;
  const rows = Array.from({ length: 5_000 }, (_, i) => ({ extension_number: String(1_001 + i) }));
  const twice = { rows: [...rows, ...rows.slice(0, 1)] };
  check(path, 'POST', await postImport(dialplane, token, { rows: [] }));
  const started = await postImport(dialplane, token, twice, '?mode=per_row');
  check(path, 'POST', started);
  const of = `/extensions/imports/${started.body.data.id}`;
  const get = <T>(what = ''): Promise<Answer<T>> => dialplane.api<T>(token, 'GET', of + what);
  check(`${job}/passwords`, 'GET', await get('/passwords'));
  check(path, 'POST', await postImport(dialplane, token, { rows }));
  const stream = await EventStream.open(dialplane.url, { token, path: `${of}/events` });
  await stream.end();
  expect(new Set(stream.frames.map(({ event }) => event))).toEqual(new Set(['progress', 'done']));
  const told = await get<{ data: Job }>();
  expect(told.body.data).toMatchObject({ created: 5_000, failed: 1 });
  check(job, 'GET', told);
  check(`${path}s`, 'GET', await dialplane.api(token, 'GET', '/extensions/imports'));
  check(`${job}/passwords`, 'GET', await get('/passwords'));
  for (const query of ['', '?status=x']) {
    const exported = await dialplane.api(token, 'GET', `/extensions/export${query}`);
    check('/api/pbx/extensions/export', 'GET', exported);
  }
  return stream.frames;
}

/** The files that the document shows can be imported, and the numbers in them. */
export async function documentedFiles(dialplane: Dialplane, document: Document, check: Check): Promise<void> {
  for (const path of ['/api/pbx/caller-ids/import', '/api/pbx/extensions/import']) {
    const { content = {} } = document.paths[path]?.post?.requestBody ?? {};
    expect(Object.keys(content).sort()).toEqual(['application/json', 'text/csv']);
    const { schema, example } = content['text/csv'] ?? {};
    expect(schema?.type).toBe('string');
    const { token } = await dialplane.tenant();
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'text/csv' };
    const answer = await dialplane.request('POST', path, { headers, body: String(example) });
    expect([201, 202]).toContain(answer.status);
    check(path, 'POST', answer);
  }
  await documentedNumbers(dialplane, document);
}

/** A row's number is documented as one exactly when it can be imported. */
async function documentedNumbers(dialplane: Dialplane, { components }: Document): Promise<void> {
  const { pattern = '' } = components.schemas.CreatingRowDto?.properties?.extension_number ?? {};
  const { token } = await dialplane.tenant();
  for (const [extension_number, created] of [
    ['8000', 1],
    ['8001-8003', 3],
    ['8004-', 0],
    ['80', 0],
    ['8005-80', 0],
    ['8006-8007x', 0],
  ] as const) {
    const job = await importFile(dialplane, token, { rows: [{ extension_number }] });
    expect([extension_number, job.created]).toEqual([extension_number, created]);
    expect([extension_number, RegExp(pattern).test(extension_number)]).toEqual([
      extension_number,
      created > 0,
    ]);
  }
}
