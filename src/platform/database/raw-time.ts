import { type DataSource, type EntityTarget, type ObjectLiteral, type SelectQueryBuilder } from 'typeorm';

/** As TypeORM writes a time on sqlite: `2026-01-01 00:00:00.000`. */
const WRITTEN = '0000-00-00 00:00:00.000'.replaceAll('0', '[0-9]');

/** A time of a raw query: mysql2 hands over a Date, sqlite its text, in UTC. */
export function rawTime(at: Date | string): Date {
  return typeof at === 'string' ? new Date(`${at.replace(' ', 'T')}Z`) : at;
}

/** Rows whose time is not written as we write it: sqlite keeps any text, and compares it as such. */
export function findNonCanonicalTimes<T extends ObjectLiteral>(
  dataSource: DataSource,
  entity: EntityTarget<T>,
  column: keyof T & string,
): SelectQueryBuilder<T> {
  const rows = dataSource.createQueryBuilder(entity, 'r');
  if (dataSource.options.type !== 'better-sqlite3') return rows.where('1 = 0');
  return rows.where(`r.${column} NOT GLOB :written`, { written: WRITTEN });
}
