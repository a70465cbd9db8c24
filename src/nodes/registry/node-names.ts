import { type EntityManager } from 'typeorm';

const NAMES = 'SELECT name FROM freeswitch_nodes ORDER BY id';

/** The names of all nodes at this moment. */
export async function namesNow(manager: EntityManager): Promise<Set<string>> {
  const rows = await manager.query<{ name: string }[]>(NAMES);
  return new Set(rows.map(({ name }) => name));
}

/**
 * The names of all nodes, in the order in which they were added. None comes or goes until the transaction ends,
 * so that who is added after it finds what it decided; many transactions may hold them at once. The embedded
 * database runs one transaction at a time and needs no lock.
 */
export async function nodeNames(manager: EntityManager): Promise<string[]> {
  // By hand: TypeORM writes MySQL's newer words for it, which MariaDB does not know.
  const lock = manager.connection.options.type === 'better-sqlite3' ? '' : ' LOCK IN SHARE MODE';
  const rows = await manager.query<{ name: string }[]>(NAMES + lock);
  return rows.map(({ name }) => name);
}
