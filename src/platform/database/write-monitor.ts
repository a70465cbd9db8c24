import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { embeddedWriter } from './data-source';
import { AvailabilityMonitor } from '../availability-monitor';
import { Transactions } from './transactions';

/**
 * Whether the database accepts changes. It does until a transaction fails because it does not; from then on one small
 * change follows another until one is committed.
 */
@Injectable()
export class WriteMonitor implements OnApplicationShutdown {
  private readonly logger = new Logger(WriteMonitor.name);
  private readonly presence = new AvailabilityMonitor(() => this.probe());

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
  ) {
    transactions.onRefusal((error) => this.presence.lost(error));
    this.presence.onChange((change) => {
      if (change.there) this.logger.log({ event: 'database.writable' }, 'the database accepts changes again');
      else
        this.logger.warn(
          { event: 'database.read_only', err: change.error },
          'the database accepts no changes',
        );
    });
  }

  get accepted(): boolean {
    return this.presence.there;
  }

  onApplicationShutdown(): void {
    this.presence.stop();
  }

  private probe(): Promise<unknown> {
    return this.transactions.run(async (manager) => {
      if (embeddedWriter(this.dataSource)) {
        // Written to the disk though it is the same as before.
        const [row] = await manager.query<{ user_version: number }[]>('PRAGMA user_version');
        await manager.query(`PRAGMA user_version = ${Number(row?.user_version ?? 0)}`);
      } else {
        // A server that is read-only refuses it though there is no such row; a full disk shows only to larger changes.
        await manager.query('DELETE FROM migrations WHERE id = 0');
      }
    });
  }
}
