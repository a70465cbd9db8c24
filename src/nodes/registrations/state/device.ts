import { sanitizeText } from '../../../core/sanitize-text';
import { whyNotDialled } from '../../../freeswitch/contact';
import { type RegisterEvent } from '../../../freeswitch/sofia-events';
import { type Registration } from '../../../freeswitch/registrations-xml';

/** One contact of one extension on one node. Times in ms since 1970. */
export interface Device {
  readonly node: string;
  readonly profile: string;
  readonly number: string;
  readonly domain: string;
  /** As the phone sent it. */
  readonly contact: string;
  /** As the phone sent it; see cutCallId. */
  callId: string;
  /** Fit to be shown. */
  agent: string;
  transport: Transport;
  networkIp: string;
  networkPort: number;
  /** When FreeSWITCH lets it go. */
  expiresAt: number;
  /** Whether it answers FreeSWITCH's OPTIONS; null before the first. */
  reachable: boolean | null;
  /** Since when it does, or does not, by the node's clock; null: not known. */
  reachableSince: number | null;
  /** Since when it is there, by the node's clock; null: since before we looked. */
  since: number | null;
  /** When this process first knew of it. */
  firstSeenAt: number;
  heardFrom: 'event' | 'snapshot';
  /** Its last REGISTER came at or after this; null: not known. */
  registeredAfter: number | null;
  /** Its last REGISTER came before this. */
  registeredBefore: number;
  /** The list in which it was last seen. */
  round: number;
}

export type Seen = Pick<
  Device,
  | 'profile'
  | 'number'
  | 'domain'
  | 'contact'
  | 'callId'
  | 'agent'
  | 'transport'
  | 'networkIp'
  | 'networkPort'
  | 'expiresAt'
  | 'reachable'
  | 'since'
  | 'heardFrom'
>;

/** What a REGISTER came by, as far as FreeSWITCH knows it. */
export const TRANSPORTS = ['ws', 'wss', 'unknown'] as const;
export type Transport = (typeof TRANSPORTS)[number];

const LONGEST_AGENT = 500;
/** Nearly all are, and a list has very many of them. */
const PLAIN_AGENT = /^[ -~]{0,500}$/;

/**
 * FreeSWITCH fact: it keeps a contact for a minute more than its phone asked (sip-expires-late-margin),
 * which the event does not count and the list does.
 */
const LATE_MARGIN_MS = 60_000;
/** A refresh moves the end of a registration by more than the clocks' and the list's rounding. */
const REFRESH_MS = 3_000;

export const isLive = (device: Device, now: number): boolean => device.expiresAt > now;

/** Whether calls reach a device, or any of an extension's; null when that is not known yet. */
export interface Reach {
  reachable: boolean | null;
  /** Since when that is so, in ms since 1970; null: not known. */
  since: number | null;
}

/** @returns also why calls do not reach the device, in plain words. */
export function reachOf(
  device: Pick<Device, 'contact' | 'reachable' | 'reachableSince' | 'since'>,
): Reach & { why: string | null } {
  const { contact, reachable, reachableSince } = device;
  const why = whyNotDialled(contact);
  if (why !== null) return { reachable: false, since: device.since, why };
  return {
    reachable,
    since: reachable === null ? null : reachableSince,
    why: reachable === false ? "It does not answer FreeSWITCH's OPTIONS." : null,
  };
}

/** Of an extension with these devices: true if any is, false if there are some and none is. */
export function reachOfAny(devices: readonly Parameters<typeof reachOf>[0][]): Reach {
  const all = devices.map(reachOf);
  const reached = all.filter(({ reachable }) => reachable === true);
  const unknown = all.length === 0 || all.some(({ reachable }) => reachable === null);
  if (reached.length === 0 && unknown) return { reachable: null, since: null };
  const reachable = reached.length > 0;
  const times = (reachable ? reached : all).flatMap(({ since }) => since ?? []);
  if (times.length < (reachable ? reached : all).length) return { reachable, since: null };
  return { reachable, since: reachable ? Math.min(...times) : Math.max(...times) };
}

/** What an event says of a contact. */
export function seenInEvent(event: RegisterEvent, now: number): Seen {
  return {
    profile: event.profile,
    number: event.user,
    domain: event.domain,
    contact: event.contact,
    callId: event.callId,
    agent: agentOf(event.agent),
    transport: transportOf(event.status),
    networkIp: event.networkIp,
    networkPort: event.networkPort,
    expiresAt: now + event.expires * 1_000 + LATE_MARGIN_MS,
    reachable: null,
    since: event.isRefresh ? null : event.at,
    heardFrom: 'event',
  };
}

/** What a node's list says of a contact. */
export function seenInList(row: Registration, now: number): Seen {
  return {
    profile: row.profile,
    number: row.authUser,
    domain: row.authRealm,
    contact: row.contact,
    callId: row.callId,
    agent: agentOf(row.agent),
    transport: transportOf(row.status),
    networkIp: row.networkIp,
    networkPort: row.networkPort,
    expiresAt: now + row.expiresInSeconds * 1_000,
    reachable: reachable(row),
    since: null,
    heardFrom: 'snapshot',
  };
}

/** FreeSWITCH fact: a contact is `Reachable` from its first REGISTER on, before anybody asked it. */
function reachable({ pingStatus, pingTimeMs }: Registration): boolean | null {
  if (pingStatus === 'Unreachable') return false;
  return pingStatus === 'Reachable' && pingTimeMs > 0 ? true : null;
}

const agentOf = (sent: string): string => (PLAIN_AGENT.test(sent) ? sent : sanitizeText(sent, LONGEST_AGENT));

/** Whether a phone sent a header that is not on one line. */
export const isFolded = (headers: { callId: string; contact: string; agent: string }): boolean =>
  /[\r\n]/.test(headers.callId + headers.contact + headers.agent);

/**
 * Out of a status such as `Registered(WSS-NAT)`. FreeSWITCH facts: WS and WSS stand there if the REGISTER came by them, as
 * its SIP stack has checked; UDP, TCP and TLS are what the phone's Contact claims.
 */
export function transportOf(status: string): Transport {
  const [, name] = /\((WSS?)-NAT\)/.exec(status) ?? [];
  return name === 'WS' ? 'ws' : name === 'WSS' ? 'wss' : 'unknown';
}

/** Whether a list shows that the contact was registered again since `device` was last looked at. */
export function refreshed(device: Device, seen: Seen): boolean {
  return seen.expiresAt > device.expiresAt + REFRESH_MS || seen.callId !== device.callId;
}

/** Whether a list tells something new of the last ping. */
export const hasNewReach = (device: Device, { reachable }: Seen): boolean =>
  reachable !== null && reachable !== device.reachable;

/** @returns whether it was new. */
export function takeReach(device: Device, seen: Seen): boolean {
  if (!hasNewReach(device, seen)) return false;
  device.reachable = seen.reachable;
  device.reachableSince = null;
  return true;
}

/** A rotation of the password: when it was decided, and when the node forgot the old one (null: not yet). */
export interface Rotation {
  changedAt: number;
  forgottenAt: number | null;
}

/**
 * Whether the phone still holds on with the password from before the rotation: true when it has not
 * registered since, false when it has, after the node forgot the old one; null when that is not known.
 */
export function holdsPreviousPassword(device: Device, rotation: Rotation): boolean | null {
  if (device.registeredBefore <= rotation.changedAt) return true;
  const { registeredAfter } = device;
  if (registeredAfter === null || rotation.forgottenAt === null) return null;
  return registeredAfter >= rotation.forgottenAt ? false : null;
}
