import { type ContactEvent } from '../../../freeswitch/sofia-events';
import { type Device, hasNewReach, isLive, refreshed, type Seen, takeReach } from './device';
import { copied, SharedTexts } from './shared-texts';

interface Entry {
  /** Since when at least one device has been there; null: since before we looked. */
  since: number | null;
  devices: Device[];
}

/** A profile's list while it comes in. */
export interface ListSnapshot {
  readonly number: number;
  readonly profile: string;
  readonly began: number;
  /** The one extension that was asked about; absent: all. */
  readonly only?: { number: string; domain: string } | undefined;
}

/** A contact whose end was told so shortly before a list was asked for may still be in it. */
const SETTLE_MS = 2_000;
const AT_A_TIME = 2_000;

/** What one node holds: every contact by domain and number. Events and lists go in, times in ms since 1970. */
export class RegistrationTable {
  private readonly domains = new Map<string, Map<string, Entry>>();
  /** Contacts of which an event told lately, with its time; the newest last. */
  private readonly told = new Map<string, number>();
  private readonly byContact = new Map<string, Device>();
  private readonly texts = new SharedTexts();
  private readonly rounds = new Set<ListSnapshot>();
  private lastRound = 0;
  /** No device runs out before this. */
  private nextEnd = Infinity;

  /** @param changed called for an extension that has now more, fewer or other devices; with when one went, if known */
  constructor(
    private readonly node: string,
    private readonly changed: (number: string, domain: string, goneAt: number | null) => void,
  ) {}

  get size(): number {
    let size = 0;
    for (const numbers of this.domains.values()) {
      for (const { devices } of numbers.values()) size += devices.length;
    }
    return size;
  }

  live(number: string, domain: string, now: number): Device[] {
    return this.devicesOf(number, domain).filter((device) => isLive(device, now));
  }

  holds(number: string, domain: string, now: number): boolean {
    const devices = this.domains.get(domain)?.get(number)?.devices;
    return devices !== undefined && devices.some((device) => isLive(device, now));
  }

  /** Since when the extension has had a device here; null when it has none, or that is not known. */
  since(number: string, domain: string): number | null {
    return this.domains.get(domain)?.get(number)?.since ?? null;
  }

  /**
   * An event: the contact was registered at `now`.
   * @returns the other extension that held the same contact. FreeSWITCH fact: with
   * `multiple-registrations=contact` it loses it, and no event tells so.
   */
  registered(seen: Seen, now: number): Device | null {
    const before = this.byContact.get(seen.contact);
    this.tell(keyOf(seen), now);
    this.keep(seen, { registeredAfter: now, registeredBefore: now });
    this.changed(seen.number, seen.domain, null);
    return before && (before.number !== seen.number || before.domain !== seen.domain) ? before : null;
  }

  /** An event: the contact is gone. @returns whether it was known; not, if its Call-ID is all that is told and fits several. */
  gone(event: ContactEvent, now: number): boolean {
    const devices = this.devicesOf(event.user, event.domain).filter((device) => isOf(device, event));
    if (event.contact === '' && devices.length > 1) return false;
    const contact = devices[0]?.contact ?? event.contact;
    this.tell(keyOf({ ...event, number: event.user, contact }), now);
    return this.remove(event.user, event.domain, (device) => devices.includes(device), event.at) > 0;
  }

  /** An event: the contact answers FreeSWITCH's OPTIONS, or does not. */
  pinged(event: ContactEvent, reachable: boolean): void {
    const device = this.devicesOf(event.user, event.domain).find((each) => isOf(each, event));
    if (!device || device.reachable === reachable) return;
    device.reachable = reachable;
    device.reachableSince = event.at;
    this.changed(event.user, event.domain, null);
  }

  /** A profile's list is asked for at `now`; its rows go to `see`, then `endRound` ends it. */
  beginRound(profile: string, now: number, only?: ListSnapshot['only']): ListSnapshot {
    const round = { number: ++this.lastRound, profile, began: now, only };
    this.rounds.add(round);
    return round;
  }

  /** Whether the contact is known to be there. */
  knows(seen: Seen): boolean {
    return this.find(seen) !== undefined;
  }

  /** Whether a row of a list tells what is not known yet. */
  isNews(seen: Seen): boolean {
    const known = this.find(seen);
    return !known || refreshed(known, seen) || hasNewReach(known, seen);
  }

  /** A row of the list; what an event told meanwhile is newer. */
  see(round: ListSnapshot, seen: Seen, now: number): void {
    const known = this.find(seen);
    // FreeSWITCH fact: a REGISTER is in its table before its event is fired, an end only some time after.
    const newer = this.toldSince(keyOf(seen), known ? round.began : round.began - SETTLE_MS);
    if (seen.expiresAt <= now || newer) return;
    if (!known || refreshed(known, seen)) {
      this.keep(seen, { registeredAfter: known ? known.registeredBefore : null, registeredBefore: now });
      if (!known) this.changed(seen.number, seen.domain, null);
    } else if (takeReach(known, seen)) {
      this.changed(seen.number, seen.domain, null);
    }
    const device = this.find(seen);
    if (device) device.round = round.number;
  }

  /** The list was whole: what it did not show is gone. */
  async endRound(round: ListSnapshot, now = Date.now()): Promise<void> {
    this.rounds.delete(round);
    const unseen = (device: Device): boolean =>
      device.profile === round.profile &&
      device.round < round.number &&
      !this.toldSince(keyOf(device), round.began);
    const { only } = round;
    if (!only) return this.removeWhere(unseen);
    // A list that comes in meanwhile was made before.
    const gone = this.devicesOf(only.number, only.domain).filter(unseen);
    for (const device of gone) this.tell(keyOf(device), now);
    this.remove(only.number, only.domain, (device) => gone.includes(device), now);
  }

  /** The contacts of a profile that have the Call-ID. */
  withCallId(profile: string, callId: string): Device[] {
    const found: Device[] = [];
    for (const numbers of this.domains.values())
      for (const { devices } of numbers.values())
        for (const device of devices)
          if (device.callId === callId && device.profile === profile) found.push(device);
    return found;
  }

  /** The list broke off. */
  dropRound(round: ListSnapshot): void {
    this.rounds.delete(round);
  }

  /** Forgets what has run out. */
  async sweep(now: number): Promise<void> {
    const oldest = Math.min(now, ...[...this.rounds].map(({ began }) => began)) - SETTLE_MS;
    for (const [key, at] of this.told) {
      if (at >= oldest) break;
      this.told.delete(key);
    }
    if (this.nextEnd > now) return;
    this.nextEnd = Infinity;
    await this.removeWhere((device) => {
      if (!isLive(device, now)) return true;
      this.nextEnd = Math.min(this.nextEnd, device.expiresAt);
      return false;
    });
  }

  private devicesOf(number: string, domain: string): Device[] {
    return this.domains.get(domain)?.get(number)?.devices ?? [];
  }

  private tell(key: string, now: number): void {
    this.told.delete(key);
    this.told.set(key, now);
  }

  private toldSince(key: string, since: number): boolean {
    const at = this.told.get(key);
    return at !== undefined && at >= since;
  }

  private find(seen: Seen): Device | undefined {
    const devices = this.domains.get(seen.domain)?.get(seen.number)?.devices;
    return devices?.find(({ profile, contact }) => profile === seen.profile && contact === seen.contact);
  }

  private keep(
    seen: Seen,
    { registeredAfter, registeredBefore }: { registeredAfter: number | null; registeredBefore: number },
  ): void {
    this.nextEnd = Math.min(this.nextEnd, seen.expiresAt);
    const known = this.find(seen);
    if (known) {
      this.date(known, seen.since);
      if (known.callId !== seen.callId) known.callId = copied(seen.callId);
      if (known.networkIp !== seen.networkIp) known.networkIp = copied(seen.networkIp);
      known.networkPort = seen.networkPort;
      known.agent = this.texts.of(seen.agent);
      known.transport = seen.transport;
      known.expiresAt = seen.expiresAt;
      takeReach(known, seen);
      known.heardFrom = seen.heardFrom;
      known.registeredAfter = registeredAfter;
      known.registeredBefore = registeredBefore;
      return;
    }
    this.add({
      node: this.node,
      profile: this.texts.of(seen.profile),
      number: copied(seen.number),
      domain: this.texts.of(seen.domain),
      contact: copied(seen.contact),
      callId: copied(seen.callId),
      agent: this.texts.of(seen.agent),
      transport: seen.transport,
      networkIp: copied(seen.networkIp),
      networkPort: seen.networkPort,
      expiresAt: seen.expiresAt,
      reachable: seen.reachable,
      reachableSince: null,
      since: seen.since,
      firstSeenAt: registeredBefore,
      heardFrom: seen.heardFrom,
      registeredAfter,
      registeredBefore,
      round: this.lastRound,
    });
  }

  /** FreeSWITCH fact: a REGISTER may be seen in a list before its event comes, which knows when it was. */
  private date(device: Device, since: number | null): void {
    if (device.since !== null || since === null) return;
    device.since = since;
    const entry = this.domains.get(device.domain)?.get(device.number);
    if (entry?.devices.length === 1) entry.since = since;
  }

  private add(device: Device): void {
    this.byContact.set(device.contact, device);
    const numbers = this.domains.get(device.domain);
    const entry = numbers?.get(device.number);
    if (entry) entry.devices.push(device);
    else if (numbers) numbers.set(device.number, { since: device.since, devices: [device] });
    else {
      const first = new Map([[device.number, { since: device.since, devices: [device] }]]);
      this.domains.set(device.domain, first);
    }
  }

  /** Lets others run in between: there may be very many. */
  private async removeWhere(ends: (device: Device) => boolean): Promise<void> {
    let looked = 0;
    for (const [domain, numbers] of this.domains) {
      for (const [number, { devices }] of numbers) {
        if (devices.some(ends)) this.remove(number, domain, ends);
        if (++looked % AT_A_TIME === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  private remove(
    number: string,
    domain: string,
    ends: (device: Device) => boolean,
    goneAt: number | null = null,
  ): number {
    const numbers = this.domains.get(domain);
    const entry = numbers?.get(number);
    if (!numbers || !entry) return 0;
    const ended = entry.devices.filter(ends);
    const left = entry.devices.filter((device) => !ended.includes(device));
    for (const device of ended) {
      if (this.byContact.get(device.contact) === device) this.byContact.delete(device.contact);
    }
    entry.devices = left;
    if (left.length === 0) numbers.delete(number);
    if (numbers.size === 0) this.domains.delete(domain);
    if (ended.length > 0) this.changed(number, domain, goneAt);
    return ended.length;
  }
}

const keyOf = (seen: Pick<Seen, 'profile' | 'number' | 'domain' | 'contact'>): string =>
  `${seen.profile} ${seen.number}@${seen.domain} ${seen.contact}`;

const isOf = (device: Device, { profile, contact, callId }: ContactEvent): boolean =>
  device.profile === profile && (contact === '' ? device.callId === callId : device.contact === contact);
