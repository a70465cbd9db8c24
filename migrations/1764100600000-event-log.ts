import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** In SQL of our own, which both databases take, and which copies no table: there may be millions of entries. */
export class EventLog1764100600000 implements MigrationInterface {
  name = 'EventLog1764100600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE audit_entries ADD COLUMN origin varchar(36)');
    await runner.query('ALTER TABLE audit_entries ADD COLUMN affected text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE audit_entries DROP COLUMN affected');
    await runner.query('ALTER TABLE audit_entries DROP COLUMN origin');
  }
}
