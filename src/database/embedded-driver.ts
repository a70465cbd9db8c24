import Libsql from 'libsql';

/**
 * libsql as TypeORM wants better-sqlite3 to be. libsql takes a lone `null` parameter for its named
 * parameters and fails ("failed to downcast any to object"); a list of one it takes as it is meant.
 *
 * A transaction is a writer's from its beginning. Else one that has read fails at its first write if another process
 * has written meanwhile (SQLITE_BUSY_SNAPSHOT), and libsql leaves the failed statement open, by which the old
 * snapshot stays, and no later transaction can write.
 */
export class EmbeddedDriver extends Libsql {
  override prepare = ((sql: string) => {
    const statement = super.prepare<unknown[]>(sql === 'BEGIN TRANSACTION' ? 'BEGIN IMMEDIATE' : sql);
    const run = statement.run.bind(statement);
    const all = statement.all.bind(statement);
    statement.run = (...parameters: unknown[]) => run(parameters);
    statement.all = (...parameters: unknown[]) => all(parameters);
    return statement;
  }) as InstanceType<typeof Libsql>['prepare'];
}
