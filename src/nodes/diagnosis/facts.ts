import { type RegistrationView } from '../registrations/state/registrations.service';
import { type Counts, MOST_EACH, type SeenAttempt, type SeenLookup, type SeenUser } from './evidence-store';

/** What the database says of the extension that has the number, or had it last. */
export interface KnownExtension {
  status: 'active' | 'disabled';
  tenantStatus: 'active' | 'disabled';
  tlsEnabled: boolean;
  /** When it was given the number: made, or brought back. */
  liveSince: Date;
  updatedAt: Date;
  deletedAt: Date | null;
}

/** All that a verdict is found in. */
export interface Facts {
  number: string;
  domain: string;
  /** Null: there never was one. */
  extension: KnownExtension | null;
  /** Null: not since it was made, or not known. */
  passwordChangedAt: Date | null;
  /** Whether a phone that is registered has not registered since. */
  previousPassword: boolean;
  /** How long a node may answer from its own memory of the user. */
  cacheMs: number;
  /** In ms since 1970. */
  now: number;
  view: RegistrationView;
  seen: SeenUser;
  /** What is counted of numbers in the domain that are nobody's, and of domains that are. */
  unknownNumbers: Counts;
  unknownDomains: Counts;
}

/** A node's clock is not looked at: what happens at once is heard within this time. */
const AT_ONCE_MS = 2_000;
/** An attempt is heard of after its lookup; a node that is busy holds the news up. */
const HELD_UP_MS = 10_000;
/** The database keeps no fractions. */
const WHOLE_SECOND_MS = 1_000;

/** The newest attempt, if it had this outcome. */
export function lastAttempt(facts: Facts, result: SeenAttempt['result']): SeenAttempt | null {
  const [last] = facts.seen.attempts;
  return last?.result === result ? last : null;
}

/** What the node was told of the user for an attempt, unless it remembered the user. */
export function lookupFor(facts: Facts, attempt: SeenAttempt): SeenLookup | null {
  const began = attempt.at - HELD_UP_MS;
  return facts.seen.lookups.find(({ at }) => at >= began && at <= attempt.at) ?? null;
}

/**
 * Whether the node must have asked for the user on this attempt, or shortly before, and yet no lookup came.
 * It need not ask while it remembers the user: for `cacheMs`, unless it was told to forget it meanwhile.
 */
export function askedElsewhere({ seen, extension, cacheMs }: Facts, attempt: SeenAttempt): boolean {
  if (!attempt.named) return false;
  const madeAt = extension?.liveSince.getTime() ?? 0;
  const { changedAt, since, lookups } = seen;
  const rememberedFrom = attempt.at - cacheMs - AT_ONCE_MS;
  const begins = [
    ...(rememberedFrom >= since ? [rememberedFrom] : []),
    ...(madeAt > since - WHOLE_SECOND_MS ? [madeAt] : []),
    ...(changedAt !== null && changedAt + AT_ONCE_MS <= attempt.at ? [changedAt] : []),
  ].filter((at) => at <= attempt.at);
  if (begins.length === 0) return false;
  const begin = Math.max(...begins);
  if (lookups.some(({ at }) => at >= begin && at <= attempt.at)) return false;
  // Only so many lookups are kept: the one before may be forgotten.
  const oldest = lookups.at(-1);
  return oldest === undefined || lookups.length < MOST_EACH || oldest.at < begin;
}

/** Whether what the attempt failed of has been changed since. */
export function changedSince(facts: Facts, attempt: SeenAttempt): boolean {
  const { extension, passwordChangedAt } = facts;
  if (passwordChangedAt && attempt.at < passwordChangedAt.getTime()) return true;
  if (extension && attempt.at < extension.liveSince.getTime()) return true;
  return lookupFor(facts, attempt)?.answer === 'not_found';
}
