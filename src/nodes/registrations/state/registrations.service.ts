import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../../../platform/config/settings';
import { registrationsOf } from '../../../freeswitch/commands';
import { type EslClient } from '../../../freeswitch/esl-client';
import { Listeners } from '../../../core/listeners';
import { type Leave, NodePool } from '../../../freeswitch/node-pool';
import { type Registration } from '../../../freeswitch/registrations-xml';
import { Metrics } from '../../../platform/metrics';
import { type Device, type Reach, reachOfAny } from './device';
import { NodeTracker } from './node-tracker';
import { NODE_STATES, type NodeState, type NodeStateChange } from './node-state';
import { registrationState, type RegistrationState } from './registration-state';

/** Times in ms since 1970. */
export interface NodeView {
  name: string;
  state: NodeState;
  /** Since when it is answering, or is not. */
  since: number;
  /** Since when it is in this state. */
  stateSince: number;
  /** The last ones, the newest first. */
  changes: readonly NodeStateChange[];
}

/** All that is known of one extension's phones. Times in ms since 1970. */
export interface RegistrationView {
  state: RegistrationState;
  /** The moment for which it holds. */
  asOf: number;
  /** Since when it is so; null: since before we looked. */
  since: number | null;
  /** What told the latest news of it: an event, or a node's list; none when nothing is known. */
  source: 'event' | 'snapshot' | 'none';
  nodes: NodeView[];
  devices: Device[];
}

/** An extension whose phones may have changed, or `null` when a node came or went: all of them may have. */
export type RegistrationChange = { number: string; domain: string } | null;

const MOST_REMEMBERED = 20_000;

/** Whether phones are online, on all nodes; known beforehand, so that asking costs nothing. */
@Injectable()
export class RegistrationsService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(RegistrationsService.name);
  private followers: NodeTracker[] = [];
  private readonly changes = new Listeners<RegistrationChange>((error) =>
    this.logger.error({ event: 'listener.failed', err: error }, 'a listener failed'),
  );
  /** When extensions lost their last device; the newest last. */
  private readonly gone = new Map<string, number>();

  private endFollowing: (() => Promise<void>) | null = null;

  constructor(
    private readonly pool: NodePool,
    private readonly settings: Settings,
    private readonly metrics: Metrics,
  ) {
    metrics.countRegistrations(() =>
      this.followers.map(({ node, registrations }) => [node.name, registrations.size]),
    );
  }

  onApplicationBootstrap(): void {
    this.endFollowing = this.pool.follow((node) => this.follow(node));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.endFollowing?.();
  }

  private follow(node: EslClient): Leave {
    const follower = new NodeTracker(node, {
      profiles: this.settings.sipProfiles,
      changed: (number, domain, goneAt) => this.changed(number, domain, goneAt),
      turned: () => this.changes.emit(null),
      stateChanged: (change) => this.stateChanged(change),
      warn: (message, fields) => this.logger.warn(fields, message),
    });
    this.followers = [...this.followers, follower];
    this.showState(node.name, follower.history.state);
    follower.start();
    this.changes.emit(null);
    return () => {
      follower.stop();
      this.followers = this.followers.filter((each) => each !== follower);
      for (const state of NODE_STATES) this.metrics.nodeState.remove({ node: node.name, state });
      this.changes.emit(null);
    };
  }

  /** @returns a function that ends the listening. */
  onChange(hear: (change: RegistrationChange) => void): () => void {
    return this.changes.add(hear);
  }

  stateOf(number: string, domain: string): RegistrationState {
    return this.statesIn(domain)(number);
  }

  /** The states of a domain's extensions by number, as of now: cheap for thousands of them. */
  statesIn(domain: string): (number: string) => RegistrationState {
    const now = Date.now();
    const nodes = this.followers.map((follower) => ({ follower, knowsAll: follower.isCurrent() }));
    return (number) =>
      registrationState(
        nodes.map(({ follower, knowsAll }) => ({
          knowsAll,
          holds: follower.holds(number, domain, now),
        })),
      );
  }

  /** Since when the extension is in its present state; null: since before we looked. */
  sinceOf(number: string, domain: string, state: RegistrationState): number | null {
    if (state === 'unregistered') return this.gone.get(`${number}@${domain}`) ?? null;
    const now = Date.now();
    const times = this.followers.flatMap((follower) => {
      if (state === 'unknown') return follower.isCurrent() ? [] : [follower.since];
      return follower.holds(number, domain, now) ? [follower.registrations.since(number, domain)] : [];
    });
    const known = times.flatMap((time) => time ?? []);
    return times.length > 0 && known.length === times.length ? Math.min(...known) : null;
  }

  /** Whether calls reach any of the extension's devices. */
  reachOf(number: string, domain: string): Reach {
    const now = Date.now();
    return reachOfAny(this.followers.flatMap((follower) => follower.live(number, domain, now)));
  }

  view(number: string, domain: string): RegistrationView {
    const now = Date.now();
    const state = this.stateOf(number, domain);
    const devices = this.followers.flatMap((follower) => follower.live(number, domain, now));
    const silence = this.followers.filter((each) => each.isCurrent()).map(({ node }) => node.silentForMs);
    return {
      state,
      asOf: now - Math.max(0, ...silence),
      since: this.sinceOf(number, domain, state),
      source: this.source(number, domain, state, devices),
      nodes: this.nodes(),
      devices,
    };
  }

  /** The live devices of an extension on all nodes, also what is known while a node's list comes in. */
  devicesOf(number: string, domain: string): Device[] {
    const now = Date.now();
    return this.followers.flatMap(({ registrations }) => registrations.live(number, domain, now));
  }

  /**
   * Asks a node what it holds of an extension in one profile; that is known here when this resolves.
   * @throws EslError
   */
  read(node: EslClient, profile: string, number: string, domain: string): Promise<Registration[]> {
    const follower = this.followerOf(node);
    return follower
      ? follower.read(profile, { number, domain })
      : registrationsOf(node, profile, number, domain);
  }

  /** The contacts with the Call-ID that the node is known to hold, whoever's. */
  withCallId(node: EslClient, profile: string, callId: string): Device[] {
    return this.followerOf(node)?.registrations.withCallId(profile, callId) ?? [];
  }

  nodes(): NodeView[] {
    return this.followers.map((follower) => ({
      name: follower.node.name,
      state: follower.observedState(),
      since: follower.since,
      stateSince: follower.history.since,
      changes: follower.history.changes,
    }));
  }

  private stateChanged({ node, from, to }: NodeStateChange): void {
    this.showState(node, to);
    const fields = { event: 'node.state_changed', node, from, to };
    const isWorse = to === 'silent' || to === 'away';
    this.logger[isWorse ? 'warn' : 'log'](fields, 'a FreeSWITCH node changed its state');
  }

  private showState(node: string, current: NodeState): void {
    for (const state of NODE_STATES) this.metrics.nodeState.set({ node, state }, state === current ? 1 : 0);
  }

  private followerOf(node: EslClient): NodeTracker | undefined {
    return this.followers.find((follower) => follower.node === node);
  }

  private source(
    number: string,
    domain: string,
    state: RegistrationState,
    devices: Device[],
  ): RegistrationView['source'] {
    if (state === 'unknown') return 'none';
    const told = devices.some(({ heardFrom }) => heardFrom === 'event');
    return told || (state === 'unregistered' && this.gone.has(`${number}@${domain}`)) ? 'event' : 'snapshot';
  }

  private changed(number: string, domain: string, goneAt: number | null): void {
    const key = `${number}@${domain}`;
    const now = Date.now();
    const held = this.followers.some(({ registrations }) => registrations.holds(number, domain, now));
    this.gone.delete(key);
    if (!held && goneAt !== null) this.gone.set(key, goneAt);
    const [oldest] = this.gone.keys();
    if (this.gone.size > MOST_REMEMBERED && oldest !== undefined) this.gone.delete(oldest);
    this.changes.emit({ number, domain });
  }
}
