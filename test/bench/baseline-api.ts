import { createServer } from 'node:http';
import { createPool, type RowDataPacket } from 'mysql2/promise';
import { PRINCIPAL_SQL } from '../../src/accounts/tokens/token-principal';

/**
 * The least that a server of the API could do for one extension: two prepared SELECTs, of the token and of the
 * extension, and their JSON. Nothing is checked.
 */
const { DATABASE_URL = '', PORT } = process.env;
const EXTENSION_SQL = 'SELECT * FROM extensions WHERE tenant_id = ? AND live_number = ?';

const pool = createPool({ uri: DATABASE_URL, connectionLimit: 10 });

async function one(sql: string, values: (string | number)[]): Promise<RowDataPacket> {
  const [row] = (await pool.execute<RowDataPacket[]>(sql, values))[0];
  if (!row) throw new Error('Not found.');
  return row;
}

async function answer(token: string, number: string): Promise<string> {
  const { tenantId } = (await one(PRINCIPAL_SQL, [token])) as unknown as { tenantId: number };
  return JSON.stringify({ data: await one(EXTENSION_SQL, [tenantId, number]) });
}

createServer(({ url = '', headers: { authorization = '' } }, response) => {
  const [, token = ''] = /^Bearer (\d+)\|/.exec(authorization) ?? [];
  void answer(token, url.slice(url.lastIndexOf('/') + 1)).then((body) =>
    response
      .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
      .end(body),
  );
}).listen(Number(PORT), '127.0.0.1');
