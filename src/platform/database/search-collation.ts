import { type DataSource } from 'typeorm';

/**
 * A column whose texts are compared exactly, to be searched and sorted as people read: on MariaDB and MySQL
 * without regard to case and tones. The embedded database knows no more than the case of ASCII, in LIKE.
 */
export function searchable({ options }: DataSource, column: string): string {
  return options.type === 'better-sqlite3' ? column : `${column} COLLATE utf8mb4_unicode_520_ci`;
}
