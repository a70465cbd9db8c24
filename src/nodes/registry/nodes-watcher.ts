import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../../platform/config/settings';
import { type NodeAddress } from '../../freeswitch/node-address';
import { NodePool } from '../../freeswitch/node-pool';
import { type FreeswitchNode } from '../../schema/node.entity';
import { NodesService } from './nodes.service';

const EVERY_MS = 1_000;

/** Has this process follow exactly the nodes in the database, whichever instance or command changes them. */
@Injectable()
export class NodesWatcher implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(NodesWatcher.name);
  /** The rows whose nodes are in the pool, by name. */
  private readonly followed = new Map<string, FreeswitchNode>();
  private reading: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | null = null;
  private failing = false;
  private stopped = false;

  constructor(
    private readonly nodes: NodesService,
    private readonly pool: NodePool,
    private readonly settings: Settings,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.nodes.fill(this.settings.nodes);
    await this.refresh();
    this.warnOfSetting();
    this.plan();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.reading;
  }

  /** Resolves when this process follows what the database holds now. Never fails. */
  refresh(): Promise<void> {
    this.reading = this.reading.then(() => this.read());
    return this.reading;
  }

  private plan(): void {
    if (this.stopped) return;
    const again = (): void => void this.refresh().then(() => this.plan());
    this.timer = setTimeout(again, EVERY_MS * (0.8 + 0.4 * Math.random()));
  }

  private async read(): Promise<void> {
    try {
      const rows = await this.nodes.list();
      if (this.stopped) return;
      const changed = [...this.followed.values()].filter((old) => !rows.some((row) => isSame(row, old)));
      await Promise.all(changed.map((old) => this.leave(old)));
      for (const row of rows) if (!this.followed.has(row.name)) this.join(row);
      this.failing = false;
    } catch (error) {
      if (!this.failing)
        this.logger.warn(
          { event: 'node.list_failed', err: error },
          'the list of FreeSWITCH nodes could not be read',
        );
      this.failing = true;
    }
  }

  private join(row: FreeswitchNode): void {
    this.pool.add(this.nodes.addressOf(row));
    this.followed.set(row.name, row);
  }

  private async leave({ name }: FreeswitchNode): Promise<void> {
    this.followed.delete(name);
    await this.pool.remove(name);
  }

  /** Who changes the setting later expects it to count. */
  private warnOfSetting(): void {
    const rows = [...this.followed.values()];
    const { nodes } = this.settings;
    const isThere = (address: NodeAddress): boolean => {
      const row = rows.find(({ name }) => name === address.name);
      return row !== undefined && isEqual(this.nodes.addressOf(row), address);
    };
    if (nodes.every(isThere)) return;
    this.logger.warn(
      { event: 'node.setting_ignored' },
      'FREESWITCH_NODES differs from the nodes in the database, and is ignored; see: dialplane node list',
    );
  }
}

/** Whether the session with one is the session with the other. */
function isSame(row: FreeswitchNode, old: FreeswitchNode): boolean {
  return row.id === old.id && row.host === old.host && row.port === old.port && row.password === old.password;
}

function isEqual(one: NodeAddress, other: NodeAddress): boolean {
  return one.host === other.host && one.port === other.port && one.password === other.password;
}
