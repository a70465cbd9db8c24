import { keptText } from '../diagnosis/kept-text';
import { whyNotDialled } from '../freeswitch/contact';
import { type RegisterEvent } from '../freeswitch/sofia-events';
import { type Registration } from '../freeswitch/registrations-xml';

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
  /** Lower case: udp, tcp, tls, ws, wss; empty when FreeSWITCH does not say. */
  transport: string;
  networkIp: string;
  networkPort: number;
  /** When FreeSWITCH lets it go. */
  expiresAt: number;
  /** Whether it answers FreeSWITCH's OPTIONS; null before the first. */
  reachable: boolean | null;
  /** Since when it is known to be there. */
  readonly since: number;
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
  | 'heardFrom'
>;

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

/** Whether calls reach the device; null when that is not known yet. If not, why in plain words. */
export interface Reach {
  reachable: boolean | null;
  why: string | null;
}

export function reachOf({ contact, reachable }: Pick<Device, 'contact' | 'reachable'>): Reach {
  const why = whyNotDialled(contact);
  if (why !== null) return { reachable: false, why };
  return { reachable, why: reachable === false ? "It does not answer FreeSWITCH's OPTIONS." : null };
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
    heardFrom: 'snapshot',
  };
}

/** FreeSWITCH fact: a contact is `Reachable` from its first REGISTER on, before anybody asked it. */
function reachable({ pingStatus, pingTimeMs }: Registration): boolean | null {
  if (pingStatus === 'Unreachable') return false;
  return pingStatus === 'Reachable' && pingTimeMs > 0 ? true : null;
}

const agentOf = (sent: string): string => (PLAIN_AGENT.test(sent) ? sent : keptText(sent, LONGEST_AGENT));

/** Whether a phone sent a header that is not on one line. */
export const isFolded = (headers: { callId: string; contact: string; agent: string }): boolean =>
  /[\r\n]/.test(headers.callId + headers.contact + headers.agent);

/** Out of a status such as `Registered(TLS-NAT)`. */
export function transportOf(status: string): string {
  return (/\(([A-Za-z]+)/.exec(status)?.[1] ?? '').toLowerCase();
}

/** Whether a list shows that the contact was registered again since `device` was last looked at. */
export function refreshed(device: Device, seen: Seen): boolean {
  return seen.expiresAt > device.expiresAt + REFRESH_MS || seen.callId !== device.callId;
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
