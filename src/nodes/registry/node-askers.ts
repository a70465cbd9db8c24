import { Injectable, type OnModuleInit, type OnApplicationShutdown } from '@nestjs/common';
import { type EslClient } from '../../freeswitch/esl-client';
import { type Leave, NodePool } from '../../freeswitch/node-pool';
import { type Asker, askerName, type Identity, mayBeNode, nodeOf, readAsker } from './asker';

/** An asker that is none of the nodes, and when it asked. Times in ms since 1970. */
export interface HeardAsker extends Asker {
  name: string;
  firstAt: number;
  lastAt: number;
}

/** After so long it is forgotten: no phone that it let in is registered any more. */
export const ASKER_KEPT_MS = 24 * 3_600_000;
export const MOST_ASKERS = 50;
/** What may be a node that is away is one for so long; a node that is back says who it is at once. */
const DOUBT_MS = 10_000;

/** Who asks this process for users, and which of them are none of our nodes. On the path of every lookup. */
@Injectable()
export class NodeAskers implements OnModuleInit, OnApplicationShutdown {
  private readonly identities = new Map<EslClient, Identity>();
  /** Of the nodes whose session is up. */
  private readonly coreUuids = new Set<string>();
  /** Who asked and was none of these, by name; who asked last stands last. */
  private readonly heard = new Map<string, HeardAsker>();
  private newest: HeardAsker | null = null;
  private end: (() => Promise<void>) | null = null;

  constructor(private readonly pool: NodePool) {}

  onModuleInit(): void {
    this.end = this.pool.follow((node) => this.follow(node));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.end?.();
  }

  /** A lookup came in: its form, and the address it came from. */
  asked(form: Record<string, unknown>, address: string): void {
    const coreUuid = form['Core-UUID'];
    if (typeof coreUuid === 'string' && this.coreUuids.has(coreUuid)) return;
    const { newest } = this;
    const isNewest =
      newest !== null &&
      newest.coreUuid === coreUuid &&
      newest.hostname === form.hostname &&
      newest.address === address &&
      this.heard.get(newest.name) === newest;
    if (isNewest) {
      // As keep() would, which takes longer: most askers ask again and again.
      this.newest = { ...newest, lastAt: Date.now() };
      this.heard.set(newest.name, this.newest);
      return;
    }
    const asker = readAsker(form, address);
    if (asker) this.keep(asker, Date.now());
  }

  /** Those that are none of our nodes. */
  unknown(): HeardAsker[] {
    const now = Date.now();
    const nodes = [...this.identities.values()];
    for (const [name, { lastAt }] of this.heard) {
      if (lastAt < now - ASKER_KEPT_MS) this.heard.delete(name);
    }
    return [...this.heard.values()].filter((asker) => {
      if (nodeOf(asker, nodes) !== null) return false;
      return !mayBeNode(asker, nodes) || asker.lastAt - asker.firstAt > DOUBT_MS;
    });
  }

  /** Those that were heard before they turned out to be nodes, by name, each with its node. */
  found(): Map<string, string> {
    const found = new Map<string, string>();
    for (const [name, asker] of this.heard) {
      const node = this.nodeOf(asker);
      if (node !== null) found.set(name, node);
    }
    return found;
  }

  /** The node that an asker has turned out to be, or null. */
  nodeOf(asker: Asker): string | null {
    return nodeOf(asker, [...this.identities.values()]);
  }

  forget(name: string): void {
    this.heard.delete(name);
  }

  private keep(asker: Asker, now: number): void {
    const name = askerName(asker);
    const firstAt = this.heard.get(name)?.firstAt ?? now;
    this.heard.delete(name);
    this.newest = { ...asker, name, firstAt, lastAt: now };
    this.heard.set(name, this.newest);
    const [oldest] = this.heard.keys();
    if (this.heard.size > MOST_ASKERS && oldest !== undefined) this.heard.delete(oldest);
  }

  private follow(node: EslClient): Leave {
    this.identities.set(node, unnamed(node));
    const end = node.onStatus((status) => {
      if (status === 'ready') void this.ask(node);
      else this.lose(node);
    });
    if (node.status === 'ready') void this.ask(node);
    return () => {
      end();
      this.lose(node);
      this.identities.delete(node);
    };
  }

  /** What fails here ends the session, and the next one asks again. */
  private async ask(node: EslClient): Promise<void> {
    try {
      const asked = ['global_getvar core_uuid', 'switchname'].map((command) => node.api(command));
      const [coreUuid = '', switchname = ''] = (await Promise.all(asked)).map((answer) => answer.trim());
      if (!this.identities.has(node) || node.status !== 'ready') return;
      this.identities.set(node, { ...unnamed(node), isCurrent: true, coreUuid, switchname });
      this.coreUuids.add(coreUuid);
    } catch {
      this.lose(node);
    }
  }

  private lose(node: EslClient): void {
    const identity = this.identities.get(node);
    if (!identity) return;
    this.identities.set(node, { ...identity, isCurrent: false });
    if (identity.coreUuid !== null) this.coreUuids.delete(identity.coreUuid);
  }
}

function unnamed({ name, host }: EslClient): Identity {
  return { name, host, isCurrent: false, coreUuid: null, switchname: null };
}
