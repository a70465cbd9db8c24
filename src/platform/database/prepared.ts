import { type RowDataPacket } from 'mysql2';
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
  if (!pool) {
    const embedded = embeddedDriver(dataSource);
    if (!embedded) throw new Error('The database is not connected.');
    const statement = embedded.prepare<unknown[]>(sql);
    return (...parameters) =>
      new Promise((resolve) => {
        resolve(statement.all(...parameters) as Row[]);
      });
  }
  return (...parameters) =>
    new Promise((resolve, reject) => {
      pool.execute<RowDataPacket[]>(sql, parameters, (error, rows) =>
        error ? reject(error) : resolve(rows as Row[]),
      );
    });
}
