import { type QueryRunner } from 'typeorm';
import { brokenUnique } from './codes';

/**
 * Keeps a transaction whole: once a statement of it has failed, every later one fails with the same error, whoever
 * caught it. The database may have rolled back all before it, and would then take what follows as changes of its own.
 * Only a broken unique constraint leaves a transaction as it was.
 */
export class GuardedStatements {
  private failure: { error: unknown } | null = null;

  constructor(private readonly runner: QueryRunner) {
    const query = runner.query.bind(runner) as (...parameters: unknown[]) => Promise<unknown>;
    const guarded = async (...parameters: unknown[]): Promise<unknown> => {
      this.requireWhole();
      try {
        return await query(...parameters);
      } catch (error) {
        if (!brokenUnique(error)) this.failure = { error };
        throw error;
      }
    };
    Object.assign(runner, { query: guarded });
  }

  /** @throws what a statement threw */
  requireWhole(): void {
    if (this.failure) throw this.failure.error;
  }

  /** The runner is as it was before. */
  end(): void {
    Reflect.deleteProperty(this.runner, 'query');
  }
}
