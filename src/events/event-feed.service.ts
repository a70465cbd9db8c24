import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Listeners } from '../core/listeners';
import { forEachYielding } from '../core/yielding';
import { AvailabilityMonitor } from '../platform/availability-monitor';
import { isUnavailable } from '../platform/database/unavailable';
import { AuditService } from './audit/audit.service';
import { ALL_EXTENSIONS, EventLog, type LoggedEvent } from './event-log';
import { ExtensionChanges } from './extension-changes';
import { ReadPosition } from './read-position';

/** With the jitter, and the time that a read takes, well below the 1.5 s that is promised. */
const POLL_MS = 700;
const LONGEST_PAUSE_MS = 5_000;
const BATCH = 1_000;
/** What is left after so many batches is read by the next poll, which then follows at once. */
const MOST_BATCHES = 20;
/** Transactions that are under way when this process starts commit among the newest ids. */
const WINDOW_AT_START = 1_000;

/**
 * Follows the log of events, and tells this process of what other processes on the same database did: other
 * instances, and the command line. What it did itself is emitted where it is done.
 */
@Injectable()
export class EventFeed implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(EventFeed.name);
  private readonly listeners = new Listeners<LoggedEvent>((error) =>
    this.logger.error({ event: 'listener.failed', err: error }, 'a listener failed'),
  );
  private readonly stopListening: () => void;
  /** Tenants, by id, all of whose extensions have still to be emitted, with the domain. */
  private readonly whole = new Map<number, string>();
  /** Null until the log was read for the first time. */
  private position: ReadPosition | null = null;
  private failures = 0;
  private isWanted = false;
  private stopped = false;
  private timer: NodeJS.Timeout | null = null;
  private polling: Promise<void> | null = null;

  constructor(
    private readonly log: EventLog,
    private readonly audit: AuditService,
    private readonly changes: ExtensionChanges,
    private readonly presence: AvailabilityMonitor,
  ) {
    this.stopListening = presence.onChange(({ there }) => {
      if (there) this.poll();
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    this.poll();
    await this.polling;
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.stopListening();
    if (this.timer) clearTimeout(this.timer);
    await this.polling;
  }

  /**
   * @param listener gets each event that another process wrote, in the order in which they appear
   * @returns a function that ends the listening
   */
  onEvent(listener: (event: LoggedEvent) => void): () => void {
    return this.listeners.add(listener);
  }

  /** Now; while a poll is under way, as soon as it is over. */
  private poll(): void {
    if (this.stopped) return;
    this.isWanted = true;
    if (this.polling) return;
    this.isWanted = false;
    if (this.timer) clearTimeout(this.timer);
    this.polling = this.readNews().then((pauseMs) => {
      this.polling = null;
      if (this.stopped) return;
      const next = this.isWanted ? 0 : pauseMs * (0.8 + 0.4 * Math.random());
      this.timer = setTimeout(() => this.poll(), next);
    });
  }

  /** Never fails. @returns how long to wait for the next poll, in ms, before jitter */
  private async readNews(): Promise<number> {
    if (!this.presence.there) return LONGEST_PAUSE_MS;
    try {
      this.position ??= await this.positionAtStart();
      this.position.expire(Date.now());
      await this.readMissing(this.position);
      const isAll = await this.readNew(this.position);
      await this.emitWhole();
      this.failures = 0;
      return isAll ? POLL_MS : 0;
    } catch (error) {
      if (this.failures === 0)
        this.logger.warn(
          { event: 'event_feed.read_failed', err: error },
          'the events of other instances cannot be read',
        );
      this.failures += 1;
      if (isUnavailable(error)) this.presence.suspect();
      return Math.min(LONGEST_PAUSE_MS, POLL_MS * 2 ** Math.min(this.failures, 10));
    }
  }

  private async positionAtStart(): Promise<ReadPosition> {
    const newest = await this.log.newestId();
    const from = Math.max(0, newest - WINDOW_AT_START);
    const position = new ReadPosition(from);
    for (const { id } of await this.log.between(from, newest, WINDOW_AT_START)) position.read(id, Date.now());
    return position;
  }

  /** What has appeared among ids that were read before. */
  private async readMissing(position: ReadPosition): Promise<void> {
    let missing = position.missingAfter(0);
    for (let batch = 0; missing !== null && batch < MOST_BATCHES && !this.stopped; batch++) {
      const events = await this.log.between(missing - 1, position.highest, BATCH);
      await this.take(position, events);
      const last = events.at(-1);
      missing = last && events.length === BATCH ? position.missingAfter(last.id) : null;
    }
  }

  /** @returns whether that is all there is at present */
  private async readNew(position: ReadPosition): Promise<boolean> {
    for (let batch = 0; batch < MOST_BATCHES && !this.stopped; batch++) {
      const events = await this.log.between(position.highest, Number.MAX_SAFE_INTEGER, BATCH);
      await this.take(position, events);
      if (events.length < BATCH) return true;
    }
    return false;
  }

  private async take(position: ReadPosition, events: readonly LoggedEvent[]): Promise<void> {
    const now = Date.now();
    const news = events.filter((event) => position.read(event.id, now) && event.origin !== this.audit.origin);
    await forEachYielding(news, (event) => {
      this.listeners.emit(event);
      this.emitChanges(event);
    });
  }

  private emitChanges({ tenantId, domain, resourceType, action, resource, affected }: LoggedEvent): void {
    if (domain === null) return;
    // One that is purged was deleted long ago, and its number may be in use again.
    if (resourceType === 'extension' && action !== 'purged') this.changes.emit({ number: resource, domain });
    if (affected === ALL_EXTENSIONS) this.whole.set(tenantId, domain);
    else for (const number of affected?.split(',') ?? []) this.changes.emit({ number, domain });
  }

  private async emitWhole(): Promise<void> {
    for (const [tenantId, domain] of this.whole) {
      for (let after = ''; !this.stopped;) {
        const numbers = await this.log.numbersAfter(tenantId, after, BATCH);
        await forEachYielding(numbers, (number) => this.changes.emit({ number, domain }));
        after = numbers.at(-1) ?? '';
        if (numbers.length < BATCH) break;
      }
      this.whole.delete(tenantId);
    }
  }
}
