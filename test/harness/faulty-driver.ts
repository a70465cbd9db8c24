import Libsql from 'libsql';
import { EmbeddedDriver } from '../../src/platform/database/embedded-driver';

export interface EmbeddedFault {
  sql: RegExp;
  /** As SQLite names it. */
  code: string;
  /** SQLite may end the transaction by itself when a statement fails. */
  rollsBack?: boolean;
}

/** libsql, of which statements fail as a test asks for. */
export function faultyDriver(faults: EmbeddedFault[]): typeof EmbeddedDriver {
  return class extends EmbeddedDriver {
    constructor(path: string, options?: Libsql.Options) {
      super(path, options);
      const { prepare } = this;
      this.prepare = ((sql: string) => {
        const statement = prepare(sql);
        const run = statement.run.bind(statement);
        statement.run = (...parameters: unknown[]) => {
          this.meet(sql);
          return run(...parameters);
        };
        return statement;
      }) as InstanceType<typeof Libsql>['prepare'];
    }

    override exec(sql: string): this {
      this.meet(sql);
      return super.exec(sql);
    }

    private meet(sql: string): void {
      const at = faults.findIndex((fault) => fault.sql.test(sql));
      const [fault] = at < 0 ? [] : faults.splice(at, 1);
      if (!fault) return;
      if (fault.rollsBack) super.exec('ROLLBACK');
      throw new Libsql.SqliteError(`injected into ${sql.slice(0, 20)}`, fault.code);
    }
  };
}
