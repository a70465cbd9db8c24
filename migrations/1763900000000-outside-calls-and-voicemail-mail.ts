import { type MigrationInterface, type QueryRunner, TableColumn, TableForeignKey, TableIndex } from 'typeorm';
import { column, reference, text } from './table';

const INDEX = { name: 'IDX_tenants_default_caller_id', columnNames: ['default_caller_id_id'] };
const KEY = 'FK_tenants_default_caller_id';

export class OutsideCallsAndVoicemailMail1763900000000 implements MigrationInterface {
  name = 'OutsideCallsAndVoicemailMail1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    const email = text('voicemail_email', 254, { isNullable: true });
    await runner.addColumn('extensions', new TableColumn(email));
    await runner.addColumn(
      'tenants',
      new TableColumn(column('default_caller_id_id', 'integer', { isNullable: true })),
    );
    await runner.createIndex('tenants', new TableIndex(INDEX));
    await runner.createForeignKey(
      'tenants',
      new TableForeignKey(reference(KEY, 'default_caller_id_id', 'caller_ids')),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropForeignKey('tenants', KEY);
    await runner.dropIndex('tenants', INDEX.name);
    await runner.dropColumn('tenants', 'default_caller_id_id');
    await runner.dropColumn('extensions', 'voicemail_email');
  }
}
