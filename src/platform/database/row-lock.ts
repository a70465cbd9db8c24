import { type EntityManager } from 'typeorm';

/**
 * Has a find hold the row until the transaction ends. The embedded database runs one transaction at a time
 * and needs no lock.
 */
export function rowLock({ connection }: EntityManager): { lock?: { mode: 'pessimistic_write' } } {
  return connection.options.type === 'better-sqlite3' ? {} : { lock: { mode: 'pessimistic_write' } };
}
