import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Extension } from '../../schema/extension.entity';
import { type EslClient } from '../../freeswitch/esl-client';
import { forgetPhonePin } from '../../freeswitch/mailbox-commands';
import { type Leave, NodePool } from '../../freeswitch/node-pool';

const PAGE = 500;

interface Row {
  id: number;
  mailbox: string;
  domain: string;
}

/**
 * Takes away the PINs that telephones set while they could: those of mailboxes from before these had names of their
 * own. Once for each node; no telephone sets one any more.
 */
@Injectable()
export class PhonePins implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(PhonePins.name);
  private readonly done = new Set<string>();
  private readonly running = new Map<string, Promise<void>>();
  private end: (() => Promise<void>) | null = null;
  private stopped = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly pool: NodePool,
  ) {}

  onApplicationBootstrap(): void {
    this.end = this.pool.follow((node) => this.follow(node));
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.end?.();
    await Promise.all(this.running.values());
  }

  private follow(node: EslClient): Leave {
    if (node.status === 'ready') this.begin(node);
    return node.onStatus((status) => {
      if (status === 'ready') this.begin(node);
    });
  }

  private begin(node: EslClient): void {
    if (this.done.has(node.name) || this.running.has(node.name)) return;
    const work = this.forgetOn(node).finally(() => this.running.delete(node.name));
    this.running.set(node.name, work);
  }

  /** Never fails: what is left is done when the node is reached the next time. */
  private async forgetOn(node: EslClient): Promise<void> {
    try {
      for (let last = 0; ;) {
        const rows = await this.page(last);
        for (const { mailbox, domain } of rows) {
          if (this.stopped) return;
          await forgetPhonePin(node, mailbox, domain);
        }
        if (rows.length < PAGE) break;
        last = rows.at(-1)?.id ?? last;
      }
      this.done.add(node.name);
    } catch (error) {
      if (this.stopped) return;
      this.logger.warn(
        { event: 'voicemail.pin_removal_failed', node: node.name, err: error },
        'PINs set by telephone could not be removed',
      );
    }
  }

  private page(after: number): Promise<Row[]> {
    return this.dataSource
      .createQueryBuilder(Extension, 'e')
      .innerJoin('e.tenant', 't')
      .select(['e.id AS id', 'e.mailbox AS mailbox', 't.domain AS domain'])
      .where('e.id > :after AND e.mailbox = e.live_number', { after })
      .orderBy('e.id')
      .limit(PAGE)
      .getRawMany<Row>();
  }
}
