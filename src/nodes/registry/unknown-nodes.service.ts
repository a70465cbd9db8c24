import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource, type EntityManager, In, LessThan } from 'typeorm';
import { Transactions } from '../../platform/database/transactions';
import { Metrics } from '../../platform/metrics';
import { RevocationsService } from '../revocations/revocations.service';
import { takeOver } from '../revocations/take-over';
import { ASKER_KEPT_MS, type HeardAsker, MOST_ASKERS, NodeAskers } from './node-askers';
import { UnknownNode, unknownNodes } from '../../schema/unknown-node.entity';

const EVERY_MS = 1_000;
const WRITE_EVERY_MS = 60_000;
const WARN_EVERY_MS = 3_600_000;
/** Longer than any transaction. */
const SETTLE_MS = 15_000;

/**
 * Tells of every FreeSWITCH that asks for users and is none of the nodes: in the log, the metrics and the
 * database, where all instances, receipts and `doctor` find it.
 */
@Injectable()
export class UnknownNodes implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(UnknownNodes.name);
  /** When each was written to the database, and warned of; by name, in ms since 1970. */
  private readonly written = new Map<string, number>();
  private readonly warned = new Map<string, number>();
  private readonly foundAt = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private working: Promise<void> = Promise.resolve();
  private failing = false;
  private stopped = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly askers: NodeAskers,
    private readonly revocations: RevocationsService,
    private readonly metrics: Metrics,
  ) {}

  onApplicationBootstrap(): void {
    this.plan();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.working;
  }

  private plan(): void {
    if (this.stopped) return;
    const again = (): void => {
      this.working = this.look().finally(() => this.plan());
    };
    this.timer = setTimeout(again, EVERY_MS * (0.8 + 0.4 * Math.random()));
  }

  private async look(): Promise<void> {
    try {
      const heard = this.askers.unknown();
      for (const asker of heard) this.warn(asker);
      await this.write(heard);
      await this.settleFound();
      this.metrics.unknownNodes.set(await this.settleRows());
      this.failing = false;
    } catch (error) {
      if (!this.failing)
        this.logger.warn(
          { event: 'unknown_node.record_failed', err: error },
          'unknown FreeSWITCH nodes could not be recorded',
        );
      this.failing = true;
    }
  }

  private warn({ name, hostname, address, lastAt }: HeardAsker): void {
    const now = Date.now();
    for (const [old, at] of this.warned) if (at < now - WARN_EVERY_MS) this.warned.delete(old);
    if (this.warned.has(name) || lastAt < now - WARN_EVERY_MS || this.warned.size >= MOST_ASKERS) return;
    this.warned.set(name, now);
    this.logger.warn(
      { event: 'unknown_node.asked', hostname, address },
      'an unknown FreeSWITCH asks for users: add it with dialplane node add, or it keeps phones that are revoked',
    );
  }

  private async write(heard: readonly HeardAsker[]): Promise<void> {
    const due = heard.filter(({ name, lastAt }) => {
      const at = this.written.get(name);
      return at === undefined || (lastAt > at && Date.now() > at + WRITE_EVERY_MS);
    });
    if (due.length === 0) return;
    await this.transactions.run(async (manager) => {
      const names = due.map(({ name }) => name);
      const there = new Set((await manager.findBy(UnknownNode, { name: In(names) })).map(({ name }) => name));
      for (const asker of due) {
        const lastAskedAt = wholeSecond(asker.lastAt);
        if (there.has(asker.name)) await manager.update(UnknownNode, { name: asker.name }, { lastAskedAt });
        else
          await manager
            .createQueryBuilder()
            .insert()
            .into(UnknownNode)
            .values(row(asker))
            .orIgnore()
            .execute();
      }
      await removeOldest(manager);
    });
    const names = new Set(heard.map(({ name }) => name));
    for (const name of this.written.keys()) if (!names.has(name)) this.written.delete(name);
    for (const { name } of due) this.written.set(name, Date.now());
  }

  /** Again and again for a while: a transaction that knew it as unknown may yet commit. */
  private async settleFound(): Promise<void> {
    for (const [name, node] of this.askers.found()) {
      const since = this.foundAt.get(name) ?? Date.now();
      this.foundAt.set(name, since);
      await this.settle(name, node);
      if (since > Date.now() - SETTLE_MS) continue;
      this.askers.forget(name);
      this.foundAt.delete(name);
    }
  }

  /** The same of those that other instances heard. @returns how many are left */
  private async settleRows(): Promise<number> {
    const rows = await unknownNodes(this.dataSource.manager);
    const old = Date.now() - ASKER_KEPT_MS;
    const settled = new Set<UnknownNode>();
    for (const row of rows) {
      const node = this.askers.nodeOf(row);
      if (node === null && row.lastAskedAt.getTime() >= old) continue;
      for (const each of [row, ...rows.filter((other) => isItself(other, row))]) {
        await this.settle(each.name, node);
        settled.add(each);
      }
    }
    return rows.length - settled.size;
  }

  /** @param node null when it has only not asked for long */
  private async settle(name: string, node: string | null): Promise<void> {
    const changed = await this.transactions.run(async (manager) => {
      const taken = node === null ? 0 : await takeOver(manager, name, node);
      await manager.delete(UnknownNode, { name });
      return taken > 0;
    });
    this.written.delete(name);
    if (node !== null && changed) this.revocations.wakeNode(node);
  }
}

/** Whether it is the same FreeSWITCH before it was started anew, as far as can be told. */
function isItself(before: UnknownNode, row: UnknownNode): boolean {
  const { hostname, address, firstAskedAt } = row;
  if (before.name === row.name || before.lastAskedAt > firstAskedAt) return false;
  return before.hostname === hostname && before.address === address;
}

async function removeOldest(manager: EntityManager): Promise<void> {
  const kept = await manager.find(UnknownNode, {
    order: { lastAskedAt: 'DESC' },
    skip: MOST_ASKERS - 1,
    take: 1,
  });
  const [last] = kept;
  if (last) await manager.delete(UnknownNode, { lastAskedAt: LessThan(last.lastAskedAt) });
}

function row({ name, hostname, address, coreUuid, firstAt, lastAt }: HeardAsker): UnknownNode {
  const [firstAskedAt, lastAskedAt] = [wholeSecond(firstAt), wholeSecond(lastAt)];
  return { name, hostname, address, coreUuid, firstAskedAt, lastAskedAt };
}

/** As the database keeps it. */
const wholeSecond = (ms: number): Date => new Date(Math.floor(ms / 1_000) * 1_000);
