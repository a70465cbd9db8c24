import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { embeddedDriver } from './data-source';

const EVERY_MS = 30_000;

/**
 * Copies the embedded database's write-ahead log into its file now and then, so that a copy of the file alone,
 * made after a crash, lacks half a minute at most. At a stop the driver does it as it closes.
 */
@Injectable()
export class Checkpoints implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Checkpoints.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly dataSource: DataSource) {}

  onApplicationBootstrap(): void {
    this.start(EVERY_MS);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** @param everyMs how long from one checkpoint to the next */
  start(everyMs: number): void {
    const driver = embeddedDriver(this.dataSource);
    if (!driver) return;
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      try {
        driver.checkpoint('PASSIVE');
      } catch (error) {
        this.logger.warn(
          { event: 'database.checkpoint_failed', err: error },
          'the write-ahead log could not be copied into the database file',
        );
      }
    }, everyMs).unref();
  }
}
