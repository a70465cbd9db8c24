import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource, LessThan, MoreThan } from 'typeorm';
import { ExtensionChanges } from '../../events/extension-changes';
import { Revocation } from '../../schema/revocation.entity';
import { RevocationStore } from './revocation-store';
import { RevocationsService } from './revocations.service';

const EVERY_MS = 1_000;
/** A transaction may take its id and commit only after one that took a higher id; never so much later. */
const OVERLAP_MS = 10_000;
const BATCH = 1_000;
const MOST_BATCHES = 20;
const MOST_SEEN = BATCH * MOST_BATCHES;

/** Tells this process of the changes of extensions that other processes on the same database made. */
@Injectable()
export class ChangeFeed implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(ChangeFeed.name);
  /**
   * Revocations above `settled`, and when they were first seen; in the order of that. With their maker: on
   * the embedded database a transaction of our own that fails was seen all the same, and its id is given anew.
   */
  private readonly seen = new Map<number, { at: number; madeBy: string }>();
  /** Up to this id no more will appear; null until the first look. */
  private settled: number | null = null;
  private failing = false;
  private stopped = false;
  private timer: NodeJS.Timeout | null = null;
  private looking: Promise<void> | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly store: RevocationStore,
    private readonly changes: ExtensionChanges,
    private readonly revocations: RevocationsService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.look();
    this.plan();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.looking;
  }

  private plan(): void {
    if (this.stopped) return;
    this.timer = setTimeout(
      () => {
        this.looking = this.look().finally(() => this.plan());
      },
      EVERY_MS * (0.8 + 0.4 * Math.random()),
    );
  }

  private async look(): Promise<void> {
    try {
      this.settled ??= await this.newestSettled();
      await this.readOn(this.settled);
      this.forget();
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.logger.warn({ err: error }, 'the changes of other instances cannot be read');
      this.failing = true;
    }
  }

  /** Whatever is younger may still get neighbours with a lower id. */
  private async newestSettled(): Promise<number> {
    const [newest] = await this.dataSource.manager.find(Revocation, {
      select: { id: true },
      where: { createdAt: LessThan(new Date(Date.now() - OVERLAP_MS)) },
      order: { id: 'DESC' },
      take: 1,
    });
    return newest?.id ?? 0;
  }

  private async readOn(settled: number): Promise<void> {
    let last = settled;
    for (let batch = 0; batch < MOST_BATCHES; batch++) {
      const rows = await this.dataSource.manager.find(Revocation, {
        select: { id: true, sipUser: true, sipDomain: true, madeBy: true },
        where: { id: MoreThan(last) },
        order: { id: 'ASC' },
        take: BATCH,
      });
      for (const row of rows) this.hear(row);
      last = rows.at(-1)?.id ?? last;
      if (rows.length < BATCH) return;
    }
  }

  private hear({ id, sipUser, sipDomain, madeBy }: Revocation): void {
    if (this.seen.get(id)?.madeBy === madeBy) return;
    this.seen.set(id, { at: Date.now(), madeBy });
    if (madeBy === this.store.instance) return;
    this.changes.emit({ number: sipUser, domain: sipDomain });
    this.revocations.wakeLater();
  }

  private forget(): void {
    const before = Date.now() - OVERLAP_MS;
    const old = [...this.seen].filter(
      ([, { at }], place) => at < before || this.seen.size - place > MOST_SEEN,
    );
    for (const [id] of old) {
      this.seen.delete(id);
      this.settled = Math.max(this.settled ?? 0, id);
    }
  }
}
