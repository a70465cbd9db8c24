import { type EslEvent } from './esl-connection';
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

/** One contact of one user, as an event names it. */
export interface ContactEvent {
  user: string;
  domain: string;
  profile: string;
  callId: string;
  /** As `sofia xmlstatus` shows it: an optional display name and `<sip:…>`. */
  contact: string;
}

export interface RegisterEvent extends ContactEvent {
  agent: string;
  /** Such as `Registered(UDP)`. */
  status: string;
  networkIp: string;
  networkPort: number;
  /** Seconds that the phone asked for; FreeSWITCH keeps the contact somewhat longer. */
  expires: number;
}

/**
 * A contact was kept. Null for another event, and for a contact that was filed under a domain other than
 * the one whose password the phone knew: see registeredName.
 */
export function readRegister(event: EslEvent): RegisterEvent | null {
  if (event['Event-Subclass'] !== 'sofia::register') return null;
  const named = contactOf(event, event.username, event.realm);
  if (!named || event['from-host'] !== named.domain) return null;
  if (![named.user, registeredName(named.user, named.domain)].includes(event['from-user'] ?? '')) return null;
  return {
    ...named,
    agent: event['user-agent'] ?? '',
    status: event.status ?? '',
    networkIp: event['network-ip'] ?? '',
    networkPort: Number(event['network-port']),
    expires: Number(event.expires),
  };
}

/** A contact is gone: its phone took it off, it ran out, or it was thrown out. Null for another event. */
export function readGone(event: EslEvent): ContactEvent | null {
  if (event['Event-Subclass'] === 'sofia::unregister') return contactOf(event, event.username, event.realm);
  if (event['Event-Subclass'] !== 'sofia::expire') return null;
  const domain = event.host ?? '';
  return contactOf(event, filedUser(event.user, domain), domain);
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
    callId: event['call-id'] ?? '',
    contact: event.contact ?? '',
  };
}
