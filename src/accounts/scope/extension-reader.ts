import { type DataSource } from 'typeorm';
import { NotFound } from '../../core/errors';
import { EXTENSION_NUMBER } from '../../core/extension-number';
import { type Prepared, prepared } from '../../platform/database/prepared';
import { rawTime } from '../../platform/database/raw-time';
import { Extension } from '../../schema/extension.entity';
import { Team } from '../../schema/team.entity';
import { canSee, type ScopedCaller } from './extension-scope';

type Row = Record<string, string | number | Date | null>;

/** Reads one extension by a prepared SELECT: TypeORM takes two queries for it, and longer than the database. */
export class ExtensionReader {
  private readonly rows: Prepared<Row>;
  private readonly columns: { name: string; read: (value: Row[string]) => unknown }[];

  constructor(dataSource: DataSource) {
    const columns = dataSource.getMetadata(Extension).columns;
    this.columns = columns.map(({ propertyName, type }) => ({ name: propertyName, read: readerOf(type) }));
    const selected = columns.map(({ databaseName, propertyName }) => `e.${databaseName} AS ${propertyName}`);
    this.rows = prepared(
      dataSource,
      `SELECT ${selected.join()}, t.department_id AS departmentId
       FROM extensions e LEFT JOIN teams t ON t.id = e.team_id
       WHERE e.tenant_id = ? AND e.live_number = ?`,
    );
  }

  /**
   * The live extension of that number, with the department of its team.
   * @throws NotFound also for a path that is no number, which no query then sees
   */
  async read(viewer: ScopedCaller, number: string): Promise<Extension> {
    if (!EXTENSION_NUMBER.test(number)) throw new NotFound();
    const [row] = await this.rows(viewer.tenantId, number);
    if (!row) throw new NotFound();
    const extension = new Extension();
    for (const { name, read } of this.columns) Object.assign(extension, { [name]: read(row[name] ?? null) });
    const { teamId } = extension;
    extension.team =
      teamId === null ? null : Object.assign(new Team(), { id: teamId, departmentId: row.departmentId });
    if (!canSee(viewer, extension)) throw new NotFound();
    return extension;
  }
}

/** What the driver hands over of a column, as the entity has it. */
function readerOf(type: unknown): (value: Row[string]) => unknown {
  if (type === 'boolean') return Boolean;
  if (type !== 'datetime') return (value) => value;
  return (value) => (value === null ? null : rawTime(value as Date | string));
}
