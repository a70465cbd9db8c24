import { type MigrationInterface, type QueryRunner, TableIndex } from 'typeorm';

/** A list and a search of a large tenant read this index instead of every row. */
const INDEX = {
  name: 'IDX_extensions_listing',
  columnNames: ['tenant_id', 'live_number', 'display_name', 'status', 'team_id'],
};

export class ListingIndex1764100500000 implements MigrationInterface {
  name = 'ListingIndex1764100500000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.createIndex('extensions', new TableIndex(INDEX));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('extensions', INDEX.name);
  }
}
