import Libsql from 'libsql';

/**
 * libsql as TypeORM wants better-sqlite3 to be. libsql takes a lone `null` parameter for its named
 * parameters and fails ("failed to downcast any to object"); a list of one it takes as it is meant.
 */
export class EmbeddedDriver extends Libsql {
  override prepare = ((sql: string) => {
    const statement = super.prepare<unknown[]>(sql);
    const run = statement.run.bind(statement);
    const all = statement.all.bind(statement);
    statement.run = (...parameters: unknown[]) => run(parameters);
    statement.all = (...parameters: unknown[]) => all(parameters);
    return statement;
  }) as InstanceType<typeof Libsql>['prepare'];
}
