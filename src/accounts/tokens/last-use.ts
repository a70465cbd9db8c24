import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Transactions } from '../../platform/database/transactions';
import { now } from '../../core/time';
import { ApiToken } from '../../schema/api-token.entity';

const EVERY_MS = 5_000;
/** A token that is used all the time is written down once a minute. */
const AGAIN_AFTER_MS = 60_000;
const MOST_TOKENS = 10_000;

interface Use {
  at: Date;
  from: string;
}

/** When tokens were last used, and from where; written down in the background, off every request's path. */
@Injectable()
export class LastUse implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(LastUse.name);
  private readonly unwritten = new Map<number, Use>();
  private readonly written = new Map<number, Use>();
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly transactions: Transactions) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.writing = this.writing.then(() => this.write());
    }, EVERY_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.writing;
    await this.write();
  }

  note(tokenId: number, from: string): void {
    const last = this.written.get(tokenId);
    const known = last?.from === from && Date.now() - last.at.getTime() < AGAIN_AFTER_MS;
    if (known || (this.unwritten.size >= MOST_TOKENS && !this.unwritten.has(tokenId))) return;
    this.unwritten.set(tokenId, { at: now(), from });
  }

  private async write(): Promise<void> {
    const uses = [...this.unwritten];
    if (uses.length === 0) return;
    this.unwritten.clear();
    try {
      await this.transactions.run(async (manager) => {
        for (const [id, { at, from }] of uses) {
          await manager.update(ApiToken, id, { lastUsedAt: at, lastUsedFrom: from });
        }
      });
      for (const [id, use] of uses) this.written.set(id, use);
      if (this.written.size > MOST_TOKENS) this.written.clear();
    } catch (error) {
      this.logger.warn(
        { event: 'token.last_use_failed', err: error },
        'the last use of tokens could not be saved',
      );
    }
  }
}
