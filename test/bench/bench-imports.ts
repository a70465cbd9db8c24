import libsql from 'libsql';
import { createConnection } from 'mysql2/promise';
import { type Databases, type Kind, seed } from './databases';
import { table, whole } from './report';
import { numberAt } from './requests';
import { median } from './rounds';
import { Server } from './servers';

const ROWS = 10_000;
const ROUNDS = 3;
const ROWS_PER_INSERT = 500;
const COLUMNS =
  'tenant_id, extension_number, live_number, display_name, max_concurrent, a1, mailbox, live_since, created_at, updated_at';
const MARKS = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const TIME = '2026-01-01 00:00:00';
/** As long as what is sealed. */
const A1 = 'x'.repeat(83);

const STEPS = [
  { name: 'dry run', query: '?dry_run=true', display: 'Desk' },
  { name: 'create', query: '', display: 'Desk' },
  { name: 'the same again', query: '?action=upsert', display: 'Desk' },
  { name: 'update', query: '?action=update', display: 'Chair' },
  { name: 'create, per_row', query: '?mode=per_row', display: 'Desk', from: ROWS },
] as const;

/** Imports of very many rows, beside an INSERT loop that checks, seals and records nothing. */
export async function benchImports(databases: Databases): Promise<string> {
  const rows: string[][] = [];
  for (const kind of databases.kinds) {
    const seconds = new Map<string, number[]>();
    const note = (name: string, took: number): unknown =>
      seconds.set(name, [...(seconds.get(name) ?? []), took]);
    for (let round = 0; round < ROUNDS; round++) {
      process.stderr.write(`Imports (${kind}): round ${round + 1} of ${ROUNDS}\n`);
      const bare = await databases.create(kind);
      await seed(bare, 0);
      note('bare', await timed(() => insertBare(kind, bare)));
      const url = await databases.create(kind);
      const token = await seed(url, 0);
      const server = await Server.dialplane(url);
      for (const { name, query, display, ...more } of STEPS) {
        const file = fileOf(display, 'from' in more ? more.from : 0);
        note(name, await timed(() => importFile(server, token, query, file)));
      }
      await server.stop();
    }
    const bare = median(seconds.get('bare') ?? []);
    for (const { name } of STEPS) {
      const took = median(seconds.get(name) ?? []);
      rows.push([kind, name, took.toFixed(2), bare.toFixed(2), (took / bare).toFixed(1)]);
    }
  }
  return table([`${whole(ROWS)} rows imported`, '', 'seconds', 'bare INSERT s', 'ratio'], rows);
}

function fileOf(display: string, from: number): string {
  const lines = Array.from(
    { length: ROWS },
    (_, i) => `${numberAt(from + i)},${display} ${i},${(i % 9) + 1}`,
  );
  return ['extension_number,display_name,max_concurrent', ...lines].join('\r\n');
}

/** Until the job's events say that it is done. */
async function importFile(server: Server, token: string, query: string, file: string): Promise<void> {
  const at = `http://127.0.0.1:${server.port}/api/pbx/extensions`;
  const authorization = { Authorization: `Bearer ${token}` };
  const started = await fetch(`${at}/import${query}`, {
    method: 'POST',
    headers: { ...authorization, 'Content-Type': 'text/csv' },
    body: file,
  });
  const { data } = (await started.json()) as { data: { id: number } };
  const events = await fetch(`${at}/imports/${data.id}/events`, { headers: authorization });
  const text = await events.text();
  if (!/event: done\ndata: .*"status":"done".*"failed":0/.test(text)) throw new Error(text);
}

async function insertBare(kind: Kind, url: string): Promise<void> {
  const insert = `INSERT INTO extensions (${COLUMNS}) VALUES ${Array(ROWS_PER_INSERT).fill(MARKS).join()}`;
  const chunks = Array.from({ length: ROWS / ROWS_PER_INSERT }, (_, chunk) =>
    Array.from({ length: ROWS_PER_INSERT }, (_, i) => bareRow(chunk * ROWS_PER_INSERT + i)).flat(),
  );
  if (kind === 'sqlite') {
    const database = new libsql(url.slice('sqlite:'.length));
    const statement = database.prepare(insert);
    database.exec('BEGIN');
    for (const chunk of chunks) statement.run(...chunk);
    database.exec('COMMIT');
    database.close();
    return;
  }
  const connection = await createConnection(url);
  await connection.beginTransaction();
  for (const chunk of chunks) await connection.execute(insert, chunk);
  await connection.commit();
  await connection.end();
}

function bareRow(index: number): (string | number)[] {
  const number = numberAt(index);
  return [1, number, number, `Desk ${index}`, (index % 9) + 1, A1, `${number}-1`, TIME, TIME, TIME];
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
