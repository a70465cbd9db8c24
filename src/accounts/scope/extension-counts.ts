import { type DataSource } from 'typeorm';
import { Recent } from '../../core/recent';
import { type Prepared, prepared } from '../../platform/database/prepared';
import { type ScopedCaller } from './extension-scope';

/** The live extensions that a caller sees. */
export interface Extent {
  total: number;
  /** All their numbers have as many digits: then they sort as texts as they do as numbers. */
  sameLength: boolean;
}

/** Changes with every change in the tenant, in the transaction that makes it: who changes something audits it. */
const VERSION_SQL = 'SELECT last_seq AS version FROM audit_chains WHERE tenant_id = ?';
/** Fewer are counted anew each time. */
const LARGE = 5_000;
const MOST_COUNTS = 1_000;

/** Counts of large tenants, each known for as long as nothing in the tenant has changed. */
export class ExtensionCounts {
  private readonly counts = new Recent<{ version: number; extent: Extent }>(MOST_COUNTS);
  private readonly versions: Prepared<{ version: number }>;

  constructor(dataSource: DataSource) {
    this.versions = prepared(dataSource, VERSION_SQL);
  }

  /**
   * As they are, or were a moment ago: the version is read before anything is counted, so that a count is never taken
   * for one of a later version.
   */
  async of({ tenantId, scope }: ScopedCaller, count: () => Promise<Extent>): Promise<Extent> {
    const [row] = await this.versions(tenantId);
    const key = `${tenantId} ${JSON.stringify(scope)}`;
    const known = this.counts.touch(key);
    if (known && known.version === row?.version) return known.extent;
    const extent = await count();
    this.counts.delete(key);
    if (row && extent.total >= LARGE) this.counts.add(key, { version: row.version, extent });
    return extent;
  }
}
