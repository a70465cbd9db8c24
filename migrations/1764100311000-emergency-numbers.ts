import { type MigrationInterface, type QueryRunner, TableColumn } from 'typeorm';
import { text } from './table';

const NUMBERS = text('emergency_numbers', 190, { isNullable: true });

export class EmergencyNumbers1764100311000 implements MigrationInterface {
  name = 'EmergencyNumbers1764100311000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('tenants', new TableColumn(NUMBERS));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('tenants', NUMBERS.name);
  }
}
