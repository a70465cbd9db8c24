import { cutCallId } from './call-id';
import { type EslEvent, type EslFilter } from './esl-connection';
import { registeredName } from './names';

/** What sofia tells of registrations, as Dialplane subscribes to it. */
export const SOFIA_EVENTS = [
  'sofia::register',
  'sofia::unregister',
  'sofia::expire',
  'sofia::register_attempt',
  'sofia::register_failure',
  'sofia::sip_user_state',
] as const;

/**
 * Of these, the events that say something new: all but the attempts of phones of which `sofia::register` tells next.
 * For every phone that registers that would be a second event as long as the first.
 *
 * FreeSWITCH facts: a filter sees one header, and any that fits is enough. What an attempt was for is in none; but
 * - it is 300 seconds for a call, unless the phone names a time for it to ring (`Expires`), which is shorter,
 * - it is 0 for a REGISTER that removes contacts, which may fire no event or several,
 * - the status of one that names no contact, so that it registers nothing, is `Registered` without a transport.
 */
export const SOFIA_FILTERS: readonly EslFilter[] = [
  ...SOFIA_EVENTS.filter((subclass) => subclass !== 'sofia::register_attempt').map((value) => ({
    header: 'Event-Subclass',
    value,
  })),
  { header: 'auth-result', value: 'FORBIDDEN' },
  { header: 'auth-result', value: 'STALE' },
  { header: 'status', value: 'Registered' },
  { header: 'expires', value: '/^([0-9]{1,2}|[12][0-9]{2}|300)$/' },
];

/** One contact of one user, as an event names it. */
export interface ContactEvent {
  user: string;
  domain: string;
  profile: string;
  /** As the phone sent it; see cutCallId. */
  callId: string;
  /** As `sofia xmlstatus` shows it: an optional display name and `<sip:…>`; empty where only the Call-ID is told. */
  contact: string;
  /** When it was, by the node's clock, in ms since 1970. */
  at: number;
}

export interface RegisterEvent extends ContactEvent {
  agent: string;
  /** Such as `Registered(UDP)`. */
  status: string;
  networkIp: string;
  networkPort: number;
  /** Seconds that FreeSWITCH granted; it keeps the contact somewhat longer. */
  expires: number;
  /** Whether FreeSWITCH had the contact before. */
  isRefresh: boolean;
}

/**
 * A contact was kept. Null for another event, and for a contact that was filed under a domain other than
 * the one whose password the phone knew: see registeredName.
 */
export function readRegister(event: EslEvent): RegisterEvent | null {
  if (event['Event-Subclass'] !== 'sofia::register') return null;
  const named = contactOf(event, event.username, event.realm);
  if (!named || event['from-host'] !== named.domain) return null;
  if (askedUser(event, named) !== named.user) return null;
  return {
    ...named,
    agent: event['user-agent'] ?? '',
    status: event.status ?? '',
    networkIp: event['network-ip'] ?? '',
    networkPort: Number(event['network-port']),
    expires: Number(event.expires),
    isRefresh: event['update-reg'] === 'true',
  };
}

/** FreeSWITCH fact: so it tells of a contact whose connection was closed: WS and WSS always, others by a setting. */
const isDisconnection = (event: EslEvent): boolean =>
  event['Event-Subclass'] === 'sofia::unregister' && event.reason === 'socket-disconnection';

/**
 * A contact is gone: its phone took it off, its connection was closed, it ran out, or it was thrown out. Null for another
 * event.
 */
export function readGone(event: EslEvent): ContactEvent | null {
  if (isDisconnection(event)) {
    const domain = event['from-host'] ?? '';
    return contactOf(event, filedUser(event['from-user'], domain), domain);
  }
  if (event['Event-Subclass'] === 'sofia::unregister') return contactOf(event, event.username, event.realm);
  if (event['Event-Subclass'] !== 'sofia::expire') return null;
  const domain = event.host ?? '';
  return contactOf(event, filedUser(event.user, domain), domain);
}

/** How a contact ended: its phone took it off, its connection was closed, it ran out, or somebody had it thrown out. */
export const ENDINGS = ['unregistered', 'disconnected', 'expired', 'dropped'] as const;
export type EndingKind = (typeof ENDINGS)[number];

/** A contact is gone, and how. Null for another event. */
export function readEnding(event: EslEvent): (ContactEvent & { how: EndingKind }) | null {
  const gone = readGone(event);
  if (!gone) return null;
  if (isDisconnection(event)) return { ...gone, how: 'disconnected' };
  if (event['Event-Subclass'] === 'sofia::unregister') return { ...gone, how: 'unregistered' };
  // FreeSWITCH fact: one event for both; the time at which a contact runs out tells them apart.
  const endsUs = Number(event.expires) * 1_000_000;
  return { ...gone, how: endsUs > Number(event['Event-Date-Timestamp']) ? 'dropped' : 'expired' };
}

export const ATTEMPT_RESULTS = ['accepted', 'refused', 'challenged'] as const;
export type AttemptResult = (typeof ATTEMPT_RESULTS)[number];

/** A phone answered a challenge, for a REGISTER or a call, and what FreeSWITCH thought of it. */
export interface AttemptEvent {
  /** Whose password it claimed to know; who it asked to be where FreeSWITCH did not read that far. */
  user: string;
  domain: string;
  /** Whether FreeSWITCH read whose password it was. */
  named: boolean;
  /** Who it asked to be registered as: USER@HOST, as the phone wrote it. */
  askedFor: string;
  result: AttemptResult;
  profile: string;
  contact: string;
  /** Such as `Registered(UDP)`. */
  status: string;
  agent: string;
  networkIp: string;
  networkPort: number;
  /** Seconds that the phone asked for, or was granted where a registration came of it; null when it named no contact. */
  expires: number | null;
}

const RESULTS: Record<string, AttemptResult> = {
  SUCCESS: 'accepted',
  RENEWED: 'accepted',
  STALE: 'challenged',
};

/**
 * FreeSWITCH facts: there is none for the first REGISTER, which has no answer to a challenge yet; To: stands in
 * from-user and from-host; the user name is `unknown` when the answer was not read, which is so if it names
 * another user than To: (inbound-reg-force-matching-username), or answers a challenge that is not remembered.
 */
export function readAttempt(event: EslEvent): AttemptEvent | null {
  if (event['Event-Subclass'] !== 'sofia::register_attempt') return null;
  const asked = { user: event['from-user'] ?? '', host: event['from-host'] ?? '' };
  const named = event.username !== undefined && event.username !== 'unknown';
  return {
    ...attemptOf(event),
    user: named ? (event.username ?? '') : asked.user,
    domain: (named && event.realm) || asked.host,
    named,
    askedFor: `${asked.user}@${asked.host}`,
    result: RESULTS[event['auth-result'] ?? ''] ?? 'refused',
  };
}

type FromPhone = Omit<AttemptEvent, 'user' | 'domain' | 'named' | 'askedFor' | 'result'>;

const attemptOf = (event: EslEvent): FromPhone => ({
  profile: event['profile-name'] ?? '',
  contact: event.contact ?? '',
  status: event.status ?? '',
  agent: event['user-agent'] ?? '',
  networkIp: event['network-ip'] ?? '',
  networkPort: Number(event['network-port']),
  expires: event.expires === undefined ? null : Number(event.expires),
});

/**
 * What an accepted attempt would have said of a REGISTER that was kept, whoever it asked to be; see SOFIA_FILTERS.
 * Null for another event.
 */
export function readAcceptedRegister(event: EslEvent): AttemptEvent | null {
  if (event['Event-Subclass'] !== 'sofia::register') return null;
  const named = contactOf(event, event.username, event.realm);
  if (!named) return null;
  return {
    ...attemptOf(event),
    ...{ user: named.user, domain: named.domain, named: true, result: 'accepted' },
    askedFor: `${askedUser(event, named)}@${event['from-host'] ?? ''}`,
  };
}

/** Who was refused, and for what. */
export interface FailureEvent {
  /** As To: names it. */
  user: string;
  domain: string;
  profile: string;
  agent: string;
  networkIp: string;
  networkPort: number;
  request: 'REGISTER' | 'INVITE';
}

/** FreeSWITCH fact: right behind each attempt that was refused. Null for another event. */
export function readFailure(event: EslEvent): FailureEvent | null {
  if (event['Event-Subclass'] !== 'sofia::register_failure') return null;
  return {
    user: event['to-user'] ?? '',
    domain: event['to-host'] ?? '',
    profile: event['profile-name'] ?? '',
    agent: event['user-agent'] ?? '',
    networkIp: event['network-ip'] ?? '',
    networkPort: Number(event['network-port']),
    request: event['registration-type'] === 'INVITE' ? 'INVITE' : 'REGISTER',
  };
}

/** FreeSWITCH asked a contact with OPTIONS, and what is known of it has changed. Null for another event. */
export function readPing(event: EslEvent): (ContactEvent & { reachable: boolean }) | null {
  if (event['Event-Subclass'] !== 'sofia::sip_user_state') return null;
  const domain = event['from-host'] ?? '';
  const named = contactOf(event, filedUser(event['from-user'], domain), domain);
  // The rule of FreeSWITCH itself: a phone that is busy is there.
  const reachable = event.Status === '200' || event.Status === '486';
  return named && { ...named, contact: event.sip_contact ?? '', reachable };
}

/** Who a REGISTER that was kept asked to be; FreeSWITCH may have filed it under another name. */
const askedUser = (event: EslEvent, { user, domain }: ContactEvent): string =>
  event['from-user'] === registeredName(user, domain) ? user : (event['from-user'] ?? '');

/** FreeSWITCH fact: some events name the user as it is filed. */
function filedUser(filed: string | undefined, domain: string): string {
  const name = filed ?? '';
  return name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : name;
}

function contactOf(
  event: EslEvent,
  user: string | undefined,
  domain: string | undefined,
): ContactEvent | null {
  if (!user || !domain) return null;
  return {
    user,
    domain,
    profile: event['profile-name'] ?? '',
    callId: cutCallId(event['call-id'] ?? ''),
    contact: event.contact ?? '',
    at: Math.floor(Number(event['Event-Date-Timestamp']) / 1_000) || Date.now(),
  };
}
