import { type ExtensionChange } from '../../events/extension-changes';
import { type Lookup, type LookupResult } from '../directory/lookup-log';
import {
  type AttemptEvent,
  type AttemptResult,
  type EndingKind,
  type FailureEvent,
} from '../../freeswitch/sofia-events';
import { type ContactToEnd } from '../registrations/state/contact-to-end';
import { type Transport, transportOf } from '../registrations/state/device';
import { Recent } from '../../core/recent';
import { sanitizeText } from '../../core/sanitize-text';

/** A node asked for the user. Times here are in ms since 1970. */
export interface SeenLookup {
  at: number;
  answer: LookupResult;
  /** Such as `sip_auth`; empty when the node did not say. */
  action: string;
  /** The node's address. */
  from: string;
}

/** A phone tried to come in as the user. */
export interface SeenAttempt {
  at: number;
  node: string;
  profile: string;
  result: AttemptResult;
  /** Whether FreeSWITCH read whose password it was. */
  named: boolean;
  /** Who it asked to be registered as: USER@HOST. */
  askedFor: string;
  /** What it wanted; null: FreeSWITCH tells of refused ones only. */
  request: 'REGISTER' | 'INVITE' | null;
  /** Lower case; empty when FreeSWITCH did not say. */
  transport: Transport;
  networkIp: string;
  networkPort: number;
  agent: string;
  /** The host, and port, of its Contact. */
  contactHost: string;
  /** Seconds. */
  expires: number | null;
}

/** What has been seen of one user; the newest first. */
export interface SeenUser {
  /** Since when nothing that concerns it was missed. */
  since: number;
  /** When it was last changed through us: then its nodes were told to forget it. */
  changedAt: number | null;
  registeredAt: number | null;
  /** How it last lost a contact. */
  left: { at: number; how: EndingKind } | null;
  ended: SeenEnding | null;
  lookups: SeenLookup[];
  attempts: SeenAttempt[];
}

/** A contact of its that Dialplane had a node drop, and why. */
export type SeenEnding = Pick<ContactToEnd, 'code' | 'summary' | 'nextStep'> & { at: number };

export interface Count {
  count: number;
  lastAt: number | null;
}

/** What is counted of a domain's users that are not known: nothing of theirs is kept. */
export interface Counts {
  /** Lookups that were answered with "not found". */
  lookups: Count;
  attempts: Count;
  /** Lookups that could not be answered. */
  unanswered: Count;
}

const MOST_USERS = 5_000;
export const MOST_DOMAINS = 1_000;
export const MOST_EACH = 10;
const SAME_ATTEMPT_MS = 2_000;

/**
 * What nodes asked and phones tried, in bounded memory: the last ten of each kind for the 5,000 users that
 * were last heard of, and numbers for everybody else. A user is known once it was found or changed; a
 * scanner's guess never is.
 */
export class EvidenceStore {
  private readonly users = new Recent<SeenUser>(MOST_USERS);
  private readonly domains = new Recent<Counts>(MOST_DOMAINS);
  private readonly elsewhere = noCounts();
  /** Accepted attempts whose registration has been received too. */
  private readonly completed = new WeakSet<SeenAttempt>();
  /** When a user was last forgotten to make room, and before that when we began. */
  private forgotAt: number;

  /** @param began when the first event and lookup could be heard */
  constructor(began: number) {
    this.forgotAt = began;
  }

  get size(): number {
    return this.users.size;
  }

  /** From now on what concerns the user is kept. */
  know(number: string, domain: string, now: number): SeenUser {
    this.knowDomain(domain);
    const key = `${number}@${domain}`;
    const known = this.users.touch(key);
    if (known) return known;
    const user = this.nobody();
    if (this.users.add(key, user)) this.forgotAt = now;
    return user;
  }

  /** What there is to say of somebody who is not known; it is not kept. */
  nobody(): SeenUser {
    return {
      since: this.forgotAt,
      changedAt: null,
      registeredAt: null,
      left: null,
      ended: null,
      lookups: [],
      attempts: [],
    };
  }

  knowDomain(domain: string): Counts {
    const known = this.domains.touch(domain);
    if (known) return known;
    const counts = noCounts();
    this.domains.add(domain, counts);
    return counts;
  }

  changed({ number, domain, isNew }: ExtensionChange, now: number): void {
    const known = this.know(number, domain, now);
    if (isNew) Object.assign(known, this.nobody(), { since: now });
    known.changedAt = now;
  }

  lookedUp({ user, domain, answer, action, from }: Lookup, now: number): void {
    const exists = answer === 'found' || answer === 'remembered';
    const known = exists ? this.know(user, domain, now) : this.users.touch(`${user}@${domain}`);
    if (!known) return one(this.countsOf(domain)[answer === 'error' ? 'unanswered' : 'lookups'], now);
    const before = known.lookups[0]?.action;
    keep(known.lookups, { at: now, answer, action: before === action ? before : sanitizeText(action), from });
  }

  attempted(node: string, attempt: AttemptEvent, now: number): void {
    const { user, domain, result } = attempt;
    const known =
      result === 'accepted' ? this.know(user, domain, now) : this.users.touch(`${user}@${domain}`);
    if (!known) return one(this.countsOf(domain).attempts, now);
    const { named, networkPort, expires } = attempt;
    keep(known.attempts, {
      at: now,
      node,
      profile: sanitizeText(attempt.profile),
      result,
      named,
      askedFor: sanitizeText(attempt.askedFor),
      request: null,
      transport: transportOf(attempt.status),
      networkIp: sanitizeText(attempt.networkIp),
      networkPort,
      agent: sanitizeText(attempt.agent),
      contactHost: sanitizeText(contactHost(attempt.contact)),
      expires,
    });
  }

  /**
   * A phone has registered, so its attempt was accepted. Most such attempts are not received (see SOFIA_FILTERS), and
   * this enters them; one that was is not entered twice.
   */
  accepted(node: string, attempt: AttemptEvent, now: number): void {
    const { attempts } = this.know(attempt.user, attempt.domain, now);
    const received = attempts.find(
      (each) =>
        isFrom(each, node, attempt, now) &&
        each.result === 'accepted' &&
        each.askedFor === sanitizeText(attempt.askedFor) &&
        !this.completed.has(each),
    );
    if (!received) this.attempted(node, attempt, now);
    const completed = received ?? attempts[0];
    if (completed) this.completed.add(completed);
  }

  /** Completes the attempt that was just told of; one of a known user that gave another's name is kept as its. */
  failed(node: string, failure: FailureEvent, now: number): void {
    const { user, domain, networkPort, request } = failure;
    const known = this.users.touch(`${user}@${domain}`);
    if (!known) return;
    const told = known.attempts.find(
      (each) => isFrom(each, node, failure, now) && each.result === 'refused' && each.request === null,
    );
    if (told) {
      told.request = request;
      return;
    }
    keep(known.attempts, {
      at: now,
      node,
      profile: sanitizeText(failure.profile),
      result: 'refused',
      named: false,
      askedFor: sanitizeText(`${user}@${domain}`),
      request,
      transport: 'unknown',
      networkIp: sanitizeText(failure.networkIp),
      networkPort,
      agent: sanitizeText(failure.agent),
      contactHost: '',
      expires: null,
    });
  }

  registered(number: string, domain: string, now: number): void {
    this.know(number, domain, now).registeredAt = now;
  }

  left(number: string, domain: string, how: EndingKind, now: number): void {
    const known = this.users.touch(`${number}@${domain}`);
    if (known) known.left = { at: now, how };
  }

  ended({ number, domain, code, summary, nextStep }: ContactToEnd, now: number): void {
    this.know(number, domain, now).ended = { at: now, code, summary, nextStep };
  }

  /** The counts of a domain, and of all the domains that are nobody's. */
  countsOf(domain: string): Counts {
    return this.domains.touch(domain) ?? this.elsewhere;
  }

  get unknownDomains(): Counts {
    return this.elsewhere;
  }
}

/** What was seen of the user since then: before, the number was somebody else's, or nobody's. */
export function seenSince(seen: SeenUser, since: Date): SeenUser {
  const from = since.getTime();
  const isLater = ({ at }: { at: number }): boolean => at >= from;
  return {
    since: Math.max(seen.since, from),
    changedAt: seen.changedAt !== null && seen.changedAt >= from ? seen.changedAt : null,
    registeredAt: seen.registeredAt !== null && seen.registeredAt >= from ? seen.registeredAt : null,
    left: seen.left && isLater(seen.left) ? seen.left : null,
    lookups: seen.lookups.filter(isLater),
    attempts: seen.attempts.filter(isLater),
    ended: seen.ended && isLater(seen.ended) ? seen.ended : null,
  };
}

/** What was counted of a domain whose tenant is not older than that: what ended before was another's. */
export function countsSince(counts: Counts, since: Date | null): Counts {
  const from = since?.getTime() ?? 0;
  const none: Count = { count: 0, lastAt: null };
  const later = (count: Count): Count => (count.lastAt !== null && count.lastAt < from ? none : count);
  return {
    lookups: later(counts.lookups),
    attempts: later(counts.attempts),
    unanswered: later(counts.unanswered),
  };
}

function noCounts(): Counts {
  const none = (): Count => ({ count: 0, lastAt: null });
  return { lookups: none(), attempts: none(), unanswered: none() };
}

function one(count: Count, now: number): void {
  count.count += 1;
  count.lastAt = now;
}

function keep<T>(list: T[], entry: T): void {
  list.unshift(entry);
  if (list.length > MOST_EACH) list.pop();
}

/** Whether an event that has just come may be about this attempt. */
const isFrom = (
  seen: SeenAttempt,
  node: string,
  { networkIp, networkPort }: { networkIp: string; networkPort: number },
  now: number,
): boolean =>
  seen.at > now - SAME_ATTEMPT_MS &&
  seen.node === node &&
  seen.networkPort === networkPort &&
  seen.networkIp === sanitizeText(networkIp);

const contactHost = (contact: string): string => /<sips?:(?:[^@>]*@)?([^;>?]*)/i.exec(contact)?.[1] ?? '';
