import { type MigrationInterface, type QueryRunner, TableColumn, TableIndex } from 'typeorm';
import { AS_READ, column, isMysql, setExact, setNullable, text } from './table';

const TABLES = ['teams', 'departments'];
const TIMES = [column('created_at', 'datetime'), column('updated_at', 'datetime')];
const NAME_INDEX = {
  name: 'UQ_departments_tenant_name',
  columnNames: ['tenant_id', 'name'],
  isUnique: true,
};
const TENANT_INDEX = { name: 'IDX_departments_tenant', columnNames: ['tenant_id'] };
const DELETED_INDEX = { name: 'IDX_extensions_deleted_at', columnNames: ['deleted_at'] };

const LONGEST_NAME = 100;
const NAME = text('name', LONGEST_NAME);

interface Named {
  id: number;
  tenantId: number;
  name: string;
}

export class TeamsAndDeletedExtensions1764000400000 implements MigrationInterface {
  name = 'TeamsAndDeletedExtensions1764000400000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await addTimes(runner, table);
    for (const table of TABLES) await setExact(runner, table, NAME, true);
    await tellApart(runner, 'departments');
    // First the one, then the other: the foreign key needs an index that begins with the tenant.
    await runner.createIndex('departments', new TableIndex(NAME_INDEX));
    await runner.dropIndex('departments', TENANT_INDEX.name);
    await runner.createIndex('extensions', new TableIndex(DELETED_INDEX));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('extensions', DELETED_INDEX.name);
    await runner.createIndex('departments', new TableIndex(TENANT_INDEX));
    await runner.dropIndex('departments', NAME_INDEX.name);
    if (isMysql(runner)) await tellApart(runner, 'teams', `COLLATE ${AS_READ}`);
    for (const table of TABLES) {
      await setExact(runner, table, NAME, false);
      await runner.dropColumns(
        table,
        TIMES.map(({ name }) => name),
      );
    }
  }
}

/** What is there already was made now, for all that is known. */
async function addTimes(runner: QueryRunner, table: string): Promise<void> {
  await runner.addColumns(
    table,
    TIMES.map((each) => new TableColumn({ ...each, isNullable: true })),
  );
  const time = new Date().toISOString().slice(0, 19).replace('T', ' ');
  await runner.query(`UPDATE ${table} SET created_at = ?, updated_at = ?`, [time, time]);
  for (const each of TIMES) await setNullable(runner, table, each, false);
}

/**
 * What has the name of an older one of its tenant gets a number behind the name, its id or the next that is free.
 * @param as how names are compared, as in `COLLATE …`; else as the column does it
 */
async function tellApart(runner: QueryRunner, table: string, as = ''): Promise<void> {
  const namesakes = (await runner.query(
    `SELECT DISTINCT d.id AS id, d.tenant_id AS tenantId, d.name AS name FROM ${table} d
     JOIN ${table} e ON e.tenant_id = d.tenant_id AND e.name ${as} = d.name ${as} AND e.id < d.id
     ORDER BY d.id`,
  )) as Named[];
  const sameName = `SELECT id FROM ${table} WHERE tenant_id = ? AND name ${as} = ? ${as} LIMIT 1`;
  for (const { id, tenantId, name } of namesakes) {
    let number = id;
    while (((await runner.query(sameName, [tenantId, numbered(name, number)])) as unknown[]).length > 0)
      number += 1;
    await runner.query(`UPDATE ${table} SET name = ? WHERE id = ?`, [numbered(name, number), id]);
  }
}

function numbered(name: string, number: number): string {
  const suffix = ` ${number}`;
  return [...name].slice(0, LONGEST_NAME - suffix.length).join('') + suffix;
}
