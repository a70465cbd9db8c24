import {
  type Pool,
  type PoolConnection,
  type PrepareStatementInfo,
  type QueryError,
  type RowDataPacket,
} from 'mysql2';
import { type DataSource } from 'typeorm';
import { embeddedDriver, mysqlLibrary } from './data-source';

/** A SELECT for a hot path, its parameters in the order of its question marks. */
export type Prepared<Row> = (...parameters: (string | number)[]) => Promise<Row[]>;

/**
 * A SELECT that the database keeps prepared. TypeORM's own query() prepares nothing on MySQL, and costs
 * more than the database does. The data source must be connected.
 */
export function prepared<Row>(dataSource: DataSource, sql: string): Prepared<Row> {
  const pool = mysqlLibrary(dataSource)?.hotPool;
  if (pool) return preparedIn(pool, sql);
  const embedded = embeddedDriver(dataSource);
  if (!embedded) throw new Error('The database is not connected.');
  const statement = embedded.prepare<unknown[]>(sql);
  return (...parameters) =>
    new Promise((resolve) => {
      resolve(statement.all(...parameters) as Row[]);
    });
}

/**
 * The statement is kept with each connection: mysql2's own execute() hashes all of the SQL each time to find it again.
 */
function preparedIn<Row>(pool: Pool, sql: string): Prepared<Row> {
  const statements = new WeakMap<PoolConnection, PrepareStatementInfo>();
  return (...parameters) =>
    new Promise((resolve, reject) => {
      pool.getConnection((unconnected, connection) => {
        if (unconnected) return reject(unconnected);
        const end = (error: QueryError | null, rows?: RowDataPacket[]): void => {
          if (error) statements.delete(connection);
          connection.release();
          if (error) reject(error);
          else resolve(rows as Row[]);
        };
        const known = statements.get(connection);
        if (known) known.execute<RowDataPacket[]>(parameters, end);
        else
          connection.prepare(sql, (error, statement) => {
            if (error) return end(error);
            statements.set(connection, statement);
            statement.execute<RowDataPacket[]>(parameters, end);
          });
      });
    });
}
