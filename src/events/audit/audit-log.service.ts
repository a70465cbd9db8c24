import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource, LessThan, type SelectQueryBuilder } from 'typeorm';
import { type RowRange } from '../../core/page';
import { Settings } from '../../platform/config/settings';
import { AuditChain } from '../../schema/audit-chain.entity';
import { AuditEntry } from '../../schema/audit-entry.entity';
import { AuditService } from './audit.service';

const AT_A_TIME = 1_000;
const PURGE_EVERY_MS = 3_600_000;
const DAY_MS = 24 * 3_600_000;

/** Which entries are wanted; what is absent or null does not matter. */
export interface AuditFilter {
  /** The first moment. */
  from?: Date | null;
  /** The last moment. */
  to?: Date | null;
  /** A username, or a token's name. */
  actor?: string | null;
  action?: string | null;
  resourceType?: string | null;
  /** Its number, name or id. */
  resource?: string | null;
}

/** Reads what was done, and lets go of what is too old. */
@Injectable()
export class AuditLog implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(AuditLog.name);
  private timer: NodeJS.Timeout | null = null;
  private purging: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: AuditService,
    private readonly settings: Settings,
  ) {}

  onApplicationBootstrap(): void {
    if (this.settings.AUDIT_RETENTION_DAYS === 0) return;
    this.purging = this.purge();
    this.timer = setInterval(() => {
      this.purging = this.purging.then(() => this.purge());
    }, PURGE_EVERY_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearInterval(this.timer);
    await this.purging;
  }

  /** The newest first, and how many there are. */
  list(tenantId: number, filter: AuditFilter, { skip, take }: RowRange): Promise<[AuditEntry[], number]> {
    return this.found(tenantId, filter).orderBy('a.seq', 'DESC').skip(skip).take(take).getManyAndCount();
  }

  /** All that fit, the newest first, some at a time. */
  async *all(tenantId: number, filter: AuditFilter): AsyncGenerator<AuditEntry[]> {
    let before = Number.MAX_SAFE_INTEGER;
    for (;;) {
      const entries = await this.found(tenantId, filter)
        .andWhere({ seq: LessThan(before) })
        .orderBy('a.seq', 'DESC')
        .take(AT_A_TIME)
        .getMany();
      if (entries.length > 0) yield entries;
      before = entries.at(-1)?.seq ?? 0;
      if (entries.length < AT_A_TIME) return;
    }
  }

  private found(tenantId: number, filter: AuditFilter): SelectQueryBuilder<AuditEntry> {
    const found = this.dataSource.createQueryBuilder(AuditEntry, 'a').where({ tenantId });
    const { from, to, actor, action, resourceType, resource } = filter;
    if (from) found.andWhere('a.at >= :from', { from });
    if (to) found.andWhere('a.at <= :to', { to });
    if (actor) found.andWhere({ actorName: actor });
    if (action) found.andWhere({ action });
    if (resourceType) found.andWhere({ resourceType });
    if (resource) found.andWhere({ resource });
    return found;
  }

  private async purge(): Promise<void> {
    const before = new Date(Date.now() - this.settings.AUDIT_RETENTION_DAYS * DAY_MS);
    try {
      for (const { tenantId } of await this.dataSource.manager.find(AuditChain)) {
        while (!this.stopped && (await this.audit.forget(tenantId, before, AT_A_TIME)) === AT_A_TIME);
      }
    } catch (error) {
      this.logger.warn({ event: 'audit.purge_failed', err: error }, 'old audit entries could not be removed');
    }
  }
}
