import { createServer, type IncomingMessage } from 'node:http';
import libsql from 'libsql';
import { createPool, type RowDataPacket } from 'mysql2/promise';
import { USER_SQL } from '../../src/nodes/directory/lookup-sql';

/**
 * The least a server could do: read the request, ask the database once with a prepared statement
 * (no DATABASE_URL: not at all) and send ANSWER. Nothing is checked, opened or written.
 */
type Ask = (number: string, domain: string) => Promise<number> | number;

const { ANSWER = '', DATABASE_URL = '', PORT } = process.env;
const USER = /&key=id&user=([0-9]+)&domain=([a-z.]+)/;
const HEADERS = {
  'X-Request-Id': '00000000-0000-4000-8000-000000000000',
  'Content-Type': 'text/xml; charset=utf-8',
  'Content-Length': ANSWER.length,
};

function database(): Ask | null {
  if (DATABASE_URL === '') return null;
  if (DATABASE_URL.startsWith('sqlite:')) {
    const statement = new libsql(DATABASE_URL.slice('sqlite:'.length)).prepare(USER_SQL);
    return (...user) => statement.all(...user).length;
  }
  const pool = createPool({ uri: DATABASE_URL, connectionLimit: 10 });
  return async (...user) => (await pool.execute<RowDataPacket[]>(USER_SQL, user))[0].length;
}

async function asked(ask: Ask, body: string): Promise<void> {
  const [, number = '', domain = ''] = USER.exec(body) ?? [];
  if ((await ask(number, domain)) !== 1) throw new Error(`${number}@${domain} was not found`);
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let body = '';
    request.setEncoding('latin1');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => resolve(body));
  });
}

const ask = database();
createServer((request, response) => {
  void bodyOf(request)
    .then((body) => ask && asked(ask, body))
    .then(() => response.writeHead(200, HEADERS).end(ANSWER));
}).listen(Number(PORT), '127.0.0.1');
