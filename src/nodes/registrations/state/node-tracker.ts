import { Throttled } from '../../../core/seldom';
import { sanitizeText } from '../../../core/sanitize-text';
import { registrationsOf } from '../../../freeswitch/commands';
import { type EslClient, type EslEvent } from '../../../freeswitch/esl-client';
import { type Registration } from '../../../freeswitch/registrations-xml';
import { readGone, readPing, readRegister } from '../../../freeswitch/sofia-events';
import { type Device, isFolded, seenInEvent, seenInList } from './device';
import { type NodeState, type NodeStateChange, NodeStateHistory } from './node-state';
import { RegistrationTable } from './registration-table';
import { readList, type Whose } from './profile-list';

export interface NodeTrackerOptions {
  profiles: readonly string[];
  /** An extension has other devices on this node than before. */
  changed: (number: string, domain: string, goneAt: number | null) => void;
  /** What is known of the node has become true, or no longer is. */
  turned: () => void;
  /** The node is in another state than it was last seen in. */
  stateChanged: (change: NodeStateChange) => void;
  warn: (message: string, fields: Record<string, unknown>) => void;
}

/** A node is asked every 300 ms; one that has been silent for so long is no witness. */
const SILENT_MS = 800;
const LOOK_EVERY_MS = 200;
/** Looks that come later than this tell of our own process: it was busy, and what the node said is unread. */
const LATE_MS = 400;
const MOST_LATE = 5;
const SWEEP_EVERY_MS = 1_000;
/** Lists catch what events missed. The first comes soon: an event may have fallen between two sessions. */
const FIRST_LIST_AGAIN_MS = 1_000;
const LIST_EVERY_MS = 30_000;
/** A node with many phones is busy with its list no more than this part of the time. */
const LIST_SHARE = 1 / 20;
const RETRY_FIRST_MS = 250;
const RETRY_LONGEST_MS = 10_000;
const MOST_RECHECKS = 1_000;
const RECHECK_AFTER_MS = 1_000;
const NOTICE_EVERY_MS = 3_600_000;

/** Knows what one node holds: from its events, and from the lists that it is asked for. */
export class NodeTracker {
  readonly registrations: RegistrationTable;
  readonly history: NodeStateHistory;
  private readonly ends: (() => void)[] = [];
  private readonly listed = new Set<string>();
  private readonly rechecks = new Map<string, Whose>();
  private readonly later = new Set<NodeJS.Timeout>();
  private readonly noticed = new Throttled(NOTICE_EVERY_MS, MOST_RECHECKS);
  private session = new AbortController();
  private rechecking = false;
  private current = false;
  private looked: NodeState = 'away';
  /** An answer was given that no look has seen; or what is listed is more, or less, than it was. */
  private unheard = false;
  private turnedAt = Date.now();
  private lookedAt = performance.now();
  /** Looks in a row that came late. */
  private late = 0;

  constructor(
    readonly node: EslClient,
    private readonly options: NodeTrackerOptions,
  ) {
    this.registrations = new RegistrationTable(node.name, options.changed);
    this.history = new NodeStateHistory(node.name, Date.now(), options.stateChanged);
  }

  start(): void {
    const look = setInterval(() => this.lookInTime(), LOOK_EVERY_MS);
    const sweep = setInterval(() => void this.registrations.sweep(Date.now()), SWEEP_EVERY_MS);
    this.ends.push(
      () => clearInterval(look),
      () => clearInterval(sweep),
      this.node.onEvent((event) => this.hear(event)),
      this.node.onStatus((status) => (status === 'ready' ? this.follow() : this.lose())),
    );
    if (this.node.status === 'ready') this.follow();
  }

  stop(): void {
    for (const end of this.ends) end();
    this.forgetRechecks();
    this.session.abort();
  }

  /** Whether all that the node holds is known at this moment. */
  isCurrent(): boolean {
    const current = this.observedState() === 'answering';
    if (current !== this.current) this.unheard = true;
    return current;
  }

  /** The present state, which is in the history then: what an answer rests on leaves a trace. */
  observedState(): NodeState {
    const { state } = this;
    if (state !== this.history.state && this.node.status !== 'stopped') this.history.see(state, Date.now());
    return state;
  }

  private get state(): NodeState {
    if (this.node.status !== 'ready') return 'away';
    if (this.node.silentForMs > SILENT_MS) return 'silent';
    return this.listed.size === this.options.profiles.length ? 'answering' : 'listing';
  }

  /** The live devices that the node is known to hold. */
  live(number: string, domain: string, now: number): Device[] {
    if (!this.isHeard()) return [];
    return this.registrations.live(number, domain, now).filter(({ profile }) => this.listed.has(profile));
  }

  holds(number: string, domain: string, now: number): boolean {
    if (!this.registrations.holds(number, domain, now)) return false;
    return this.isCurrent() || this.live(number, domain, now).length > 0;
  }

  /** Since when the node is current, or is not. */
  get since(): number {
    return this.turnedAt;
  }

  private isHeard(): boolean {
    return this.state === 'answering' || this.state === 'listing';
  }

  private lookInTime(): void {
    const now = performance.now();
    this.late = now - this.lookedAt > LATE_MS ? this.late + 1 : 0;
    this.lookedAt = now;
    if (this.late === 0 || this.late > MOST_LATE) this.look();
  }

  private look(): void {
    const { state } = this;
    const current = this.isCurrent();
    if (!this.unheard && state === this.looked) return;
    this.unheard = false;
    this.looked = state;
    if (current !== this.current) this.turnedAt = Date.now();
    this.current = current;
    this.options.turned();
  }

  private follow(): void {
    this.session.abort();
    this.session = new AbortController();
    for (const profile of this.options.profiles) void this.keepListing(profile, this.session.signal);
  }

  private lose(): void {
    this.session.abort();
    this.listed.clear();
    this.forgetRechecks();
    this.look();
  }

  private hear(event: EslEvent): void {
    const now = Date.now();
    const register = readRegister(event);
    if (register) {
      this.notice({ ...register, number: register.user });
      const other = this.registrations.registered(seenInEvent(register, now), now);
      if (other) this.recheck(other.number, other.domain);
      // A profile that keeps one contact a user has dropped the others without an event.
      const { user, domain } = register;
      if (this.registrations.live(user, domain, now).length > 1) this.recheck(user, domain);
      return;
    }
    const ping = readPing(event);
    if (ping) return this.registrations.pinged(ping, ping.reachable);
    const gone = readGone(event);
    if (!gone || this.registrations.gone(gone, now)) return;
    // An unregister that fits no contact (such as `Contact: *`) may have taken others, or none.
    if (event['Event-Subclass'] !== 'sofia::unregister') return;
    this.recheck(gone.user, gone.domain);
    if (gone.contact === '') this.recheckLater(gone.user, gone.domain);
  }

  /** Lists one profile again and again until the session ends. */
  private async keepListing(profile: string, signal: AbortSignal): Promise<void> {
    let failures = 0;
    let first = true;
    while (!signal.aborted) {
      const began = Date.now();
      try {
        await this.list(profile, signal);
        failures = 0;
        const share = (Date.now() - began) / LIST_SHARE;
        await pause(first ? FIRST_LIST_AGAIN_MS : Math.max(LIST_EVERY_MS, share), signal);
        first = false;
      } catch (error) {
        if (signal.aborted) return;
        if (this.listed.delete(profile)) this.unheard = true;
        this.look();
        if (failures === 0) {
          this.options.warn('registrations could not be listed', {
            event: 'node.list_registrations_failed',
            node: this.node.name,
            profile,
            err: error,
          });
        }
        failures += 1;
        await pause(Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** Math.min(failures, 10)), signal);
      }
    }
  }

  private async list(profile: string, signal: AbortSignal): Promise<void> {
    const { node, registrations } = this;
    await readList({
      ...{ node, profile, registrations, signal },
      ask: (extension) => this.read(profile, extension),
      news: (row) => this.notice({ ...row, number: row.authUser, domain: row.authRealm }),
    });
    if (this.listed.has(profile) || signal.aborted) return;
    this.listed.add(profile);
    this.unheard = true;
    this.look();
  }

  /** So that who looks for a phone with odd headers finds it. */
  private notice(sent: Whose & Pick<Registration, 'profile' | 'callId' | 'contact' | 'agent'>): void {
    const extension = `${sent.number}@${sent.domain}`;
    if (!isFolded(sent) || !this.noticed.allows(extension)) return;
    this.options.warn('a phone registered with a header that is not on one line', {
      event: 'registration.odd_header',
      ...{ node: this.node.name, profile: sent.profile, extension },
      ...{ contact: sanitizeText(sent.contact), agent: sanitizeText(sent.agent) },
    });
  }

  /** Asks the node about one extension; more than can be remembered are left to the next list. */
  private recheck(number: string, domain: string): void {
    if (this.rechecks.size >= MOST_RECHECKS) return;
    this.rechecks.set(`${number}@${domain}`, { number, domain });
    if (!this.rechecking) void this.recheckAll();
  }

  /** FreeSWITCH fact: the event of a connection that was closed may be there before its table is changed. */
  private recheckLater(number: string, domain: string): void {
    if (this.later.size >= MOST_RECHECKS) return;
    const timer = setTimeout(() => {
      this.later.delete(timer);
      this.recheck(number, domain);
    }, RECHECK_AFTER_MS);
    this.later.add(timer);
  }

  private forgetRechecks(): void {
    this.rechecks.clear();
    for (const timer of this.later) clearTimeout(timer);
    this.later.clear();
  }

  private async recheckAll(): Promise<void> {
    this.rechecking = true;
    for (const [key, extension] of this.rechecks) {
      this.rechecks.delete(key);
      try {
        for (const profile of this.options.profiles) await this.read(profile, extension);
      } catch (error) {
        this.options.warn('the registrations of an extension could not be listed', {
          event: 'node.list_extension_failed',
          node: this.node.name,
          err: error,
        });
      }
    }
    this.rechecking = false;
  }

  /**
   * Asks the node what it holds of one extension; that is known here when this resolves.
   * @throws EslError
   */
  async read(profile: string, only: Whose): Promise<Registration[]> {
    const round = this.registrations.beginRound(profile, Date.now(), only);
    try {
      const rows = await registrationsOf(this.node, profile, only.number, only.domain);
      const now = Date.now();
      for (const row of rows) this.registrations.see(round, seenInList(row, now), now);
      await this.registrations.endRound(round);
      return rows;
    } finally {
      this.registrations.dropRound(round);
    }
  }
}

/** With jitter: half of the time to the whole of it. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms * (0.5 + Math.random() / 2));
    signal.addEventListener('abort', end);
  });
}
