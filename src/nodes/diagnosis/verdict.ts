import { isoTime } from '../../core/time';
import { type EndingKind } from '../../freeswitch/sofia-events';
import { ENDING_CODES } from '../registrations/state/contact-to-end';
import { type NodeView } from '../registrations/state/registrations.service';
import { askedElsewhere, changedSince, type Facts, lastAttempt, lookupFor } from './facts';
import { registered } from './registered';
import { type Count } from './evidence-store';
import { LATELY_MS, phone, time, type Words } from './words';

export const VERDICT_CODES = [
  'no_such_extension',
  'deleted',
  'tenant_disabled',
  'disabled',
  'registered',
  ...ENDING_CODES,
  'no_nodes',
  'nodes_away',
  'not_tried_again',
  'directory_unreachable',
  'wrong_auth_name',
  'tls_required',
  'wrong_password',
  'wrong_domain',
  'unknown',
  'challenged',
  'was_registered_and_left',
  'not_registering',
  'attempt_not_heard',
  'never_tried',
] as const;
export type VerdictCode = (typeof VERDICT_CODES)[number];

/** Plain words: what is the matter, and what to do next. */
export interface Verdict {
  code: VerdictCode;
  summary: string;
  nextStep: string;
}

/** Null: this is not it. */
type Rule = (facts: Facts) => Words | null;

/** An ending is heard of within this time of its REGISTER, or before it. */
const AT_ONCE_MS = 2_000;
const DOCTOR =
  "Run `dialplane doctor`: it shows each node's xml_curl binding, its address and its credentials. Where several instances of Dialplane answer FreeSWITCH, ask the others as well.";

const isUp = ({ state }: NodeView): boolean => state === 'answering' || state === 'listing';
const named = (nodes: NodeView[]): string =>
  nodes.map(({ name, state, since }) => `${name} (${state} since ${time(since)})`).join(', ');
const lately = ({ lastAt }: Count, now: number): boolean => lastAt !== null && lastAt > now - LATELY_MS;
const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
const last = ({ count, lastAt }: Count): string => `${times(count)}, last at ${time(lastAt ?? 0)}`;

function noSuchExtension({ number, domain, extension }: Facts): Words | null {
  if (extension) return null;
  return [
    `There is no extension ${number} in ${domain}, and there never was.`,
    'Create it with POST /api/pbx/extensions, or check the number.',
  ];
}

function deleted({ number, extension }: Facts): Words | null {
  if (!extension?.deletedAt) return null;
  return [
    `Extension ${number} was deleted at ${isoTime(extension.deletedAt)}.`,
    `Restore it with POST /api/pbx/extensions/${number}/restore or create it again, and enter its new password in the phone.`,
  ];
}

function tenantDisabled({ domain, extension }: Facts): Words | null {
  if (extension?.tenantStatus !== 'disabled') return null;
  return [`The account of ${domain} is disabled.`, 'Ask the operator of this installation to enable it.'];
}

function disabled({ number, extension }: Facts): Words | null {
  if (extension?.status !== 'disabled') return null;
  return [
    `Extension ${number} is disabled.`,
    `PUT /api/pbx/extensions/${number} with {"status":"active"} enables it.`,
  ];
}

/** Its contacts are ended as often as its phone registers. */
function contactEnded({ seen }: Facts): Words | null {
  const { ended, attempts, registeredAt } = seen;
  const [newest] = attempts;
  if (!ended || ended.at + AT_ONCE_MS < (registeredAt ?? 0)) return null;
  if (newest && newest.result === 'refused' && newest.at > ended.at) return null;
  return [`A contact was ended at ${time(ended.at)}: ${ended.summary}.`, ended.nextStep];
}

function noNodes({ view }: Facts): Words | null {
  if (view.nodes.length > 0) return null;
  return ['Dialplane knows no FreeSWITCH node.', 'Add it: `dialplane node add NAME URL`.'];
}

function nodesAway({ number, view }: Facts): Words | null {
  if (view.nodes.some(isUp)) return null;
  return [
    `No FreeSWITCH node answers, so it is not known whether ${number} is registered: ${named(view.nodes)}.`,
    'Check that FreeSWITCH runs and that Dialplane reaches its event socket: `dialplane doctor`.',
  ];
}

function notTriedAgain(facts: Facts): Words | null {
  const refused = lastAttempt(facts, 'refused');
  if (!refused || !changedSince(facts, refused)) return null;
  return [
    `${phone(refused)} was refused at ${time(refused.at)}; extension ${facts.number} has been changed since, and no phone has tried again.`,
    'Have the phone register again; enter the password in it if that is new.',
  ];
}

function directoryFailed(facts: Facts): Words | null {
  const refused = lastAttempt(facts, 'refused');
  if (!refused) return null;
  const lookup = lookupFor(facts, refused);
  if (lookup?.answer === 'error') {
    return [
      `${phone(refused)} was refused at ${time(refused.at)} because Dialplane could not answer ${refused.node}: its database failed.`,
      'Check the database: GET /health/ready and the log say more.',
    ];
  }
  if (!askedElsewhere(facts, refused)) return null;
  return [
    `${phone(refused)} was refused at ${time(refused.at)} by ${refused.node}, which did not ask this Dialplane for ${facts.number}.`,
    DOCTOR,
  ];
}

/** The same, where all that is known are the numbers of the domain. */
function directoryFails({ domain, seen, unknownNumbers, cacheMs, now }: Facts): Words | null {
  const { lookups, attempts, unanswered } = unknownNumbers;
  if (seen.attempts.length > 0 || seen.lookups.some(({ answer }) => answer !== 'error')) return null;
  if (lately(unanswered, now)) {
    return [
      `Dialplane could not answer FreeSWITCH about phones of ${domain} (${last(unanswered)}): its database failed.`,
      'Check the database: GET /health/ready and the log say more.',
    ];
  }
  const elsewhere = lately(attempts, now) && (attempts.lastAt ?? 0) > seen.since + cacheMs;
  if (!elsewhere || lookups.count > 0) return null;
  return [
    `Phones of ${domain} tried to register (${last(attempts)}), but FreeSWITCH did not ask this Dialplane for them.`,
    DOCTOR,
  ];
}

function wrongAuthName(facts: Facts): Words | null {
  const refused = lastAttempt(facts, 'refused');
  if (!refused || refused.named) return null;
  return [
    `${phone(refused)} was refused at ${time(refused.at)} before its password was looked at: it asked to be ${refused.askedFor}, with another name for its authentication.`,
    `Set the phone's authentication name (auth ID) to ${facts.number}.`,
  ];
}

function tlsRequired(facts: Facts): Words | null {
  const refused = lastAttempt(facts, 'refused');
  if (!refused || !facts.extension?.tlsEnabled || refused.transport === 'wss') return null;
  // An extension for TLS only is found for who comes encrypted.
  const notFound = lookupFor(facts, refused)?.answer === 'not_found';
  if (!notFound && refused.transport !== 'ws') return null;
  return [
    `${phone(refused)} was refused at ${time(refused.at)}: it came unencrypted, and extension ${facts.number} is for TLS only.`,
    "Set the phone's transport to TLS.",
  ];
}

function wrongPassword(facts: Facts): Words | null {
  const refused = lastAttempt(facts, 'refused');
  if (!refused) return null;
  const changed = facts.passwordChangedAt;
  const since = changed ? ` The password was changed at ${isoTime(changed)}.` : '';
  return [
    `${phone(refused)} was refused at ${time(refused.at)} with a wrong password for ${facts.number}.${since}`,
    `Enter the password in the phone again; if it is lost, POST /api/pbx/extensions/${facts.number}/change-password creates a new one.`,
  ];
}

function askedForAnother(facts: Facts): Words | null {
  const accepted = lastAttempt(facts, 'accepted');
  const own = `${facts.number}@${facts.domain}`;
  if (!accepted || accepted.askedFor === own) return null;
  return [
    `${phone(accepted)} knows the password of ${facts.number}, but at ${time(accepted.at)} asked to be ${accepted.askedFor}.`,
    `Set the phone's user name to ${facts.number} and its SIP domain to exactly ${facts.domain}.`,
  ];
}

function unknown({ number, view }: Facts): Words | null {
  if (view.state !== 'unknown') return null;
  return [
    `Extension ${number} may be registered on a node that does not answer: ${named(view.nodes.filter(({ state }) => state !== 'answering'))}.`,
    'Wait until each node answers; `dialplane doctor` says what prevents it.',
  ];
}

function challenged(facts: Facts): Words | null {
  const attempt = lastAttempt(facts, 'challenged');
  if (!attempt) return null;
  return [
    `${phone(attempt)} was asked for its password anew at ${time(attempt.at)}, and has not answered since.`,
    'Restart the phone; if that does not help, look for a router or firewall that blocks the answers.',
  ];
}

const LEFT: Record<EndingKind | 'unseen', (number: string, at: string) => Words> = {
  unregistered: (number, at) => [
    `The phone of ${number} unregistered at ${at}.`,
    'Switch the phone, or this account in it, on again.',
  ],
  disconnected: (number, at) => [
    `The connection of ${number}'s phone was closed at ${at}.`,
    'Open the page or program of the phone again, or check that the phone reaches the server: power, network, firewall.',
  ],
  expired: (number, at) => [
    `The registration of ${number} ran out at ${at}: its phone did not renew it.`,
    'Check that the phone is on and reaches the server: power, network, firewall.',
  ],
  dropped: (number, at) => [
    `FreeSWITCH was told to drop the registration of ${number} at ${at}.`,
    'Have the phone register again; most do so by themselves within minutes.',
  ],
  unseen: (number, at) => [
    `Extension ${number} has not been registered since ${at}.`,
    'Check that the phone is on and reaches the server: power, network, firewall.',
  ],
};

function wasRegistered({ number, seen, view }: Facts): Words | null {
  const { left, registeredAt } = seen;
  if (left && left.at >= (registeredAt ?? 0)) return LEFT[left.how](number, time(left.at));
  const goneAt = view.since ?? registeredAt;
  return goneAt === null ? null : LEFT.unseen(number, time(goneAt));
}

function notRegistering(facts: Facts): Words | null {
  const accepted = lastAttempt(facts, 'accepted');
  if (!accepted) return null;
  return [
    `${phone(accepted)} gave the right password for ${facts.number} at ${time(accepted.at)}, but no registration came of it.`,
    'The phone calls without registering: switch its registration on.',
  ];
}

function notHeard({ number, seen }: Facts): Words | null {
  const lookup = seen.lookups.find(({ action }) => action === 'sip_auth');
  if (!lookup) return null;
  return [
    `A phone tried to register as ${number} at ${time(lookup.at)} on the FreeSWITCH at ${lookup.from}, but the outcome is not known.`,
    'Check that `dialplane node list` shows that FreeSWITCH; else add it: `dialplane node add NAME URL`.',
  ];
}

function wrongDomain({ number, domain, unknownNumbers, unknownDomains, now }: Facts): Words | null {
  const hints = [
    lately(unknownDomains.lookups, now) &&
      `phones asked for domains that do not exist (${last(unknownDomains.lookups)})`,
    lately(unknownNumbers.lookups, now) &&
      `phones asked for numbers of ${domain} that do not exist (${last(unknownNumbers.lookups)})`,
  ].filter((hint) => hint !== false);
  if (hints.length === 0) return null;
  return [
    `No phone has tried to register as ${number}, but ${hints.join(', and ')}.`,
    `Check that the phone's SIP domain is exactly ${domain} and its user name exactly ${number}.`,
  ];
}

function neverTried({ number, seen }: Facts): Words {
  return [
    `No phone has tried to register as ${number} since Dialplane started to watch, at ${time(seen.since)}.`,
    "The phone does not reach FreeSWITCH: check the server's address, the port, the network and the firewall.",
  ];
}

/** In this order: the first that has something to say is right. */
const RULES: readonly [VerdictCode, Rule][] = [
  ['no_such_extension', noSuchExtension],
  ['deleted', deleted],
  ['tenant_disabled', tenantDisabled],
  ['disabled', disabled],
  ['registered', registered],
  ...ENDING_CODES.map((code): [VerdictCode, Rule] => [
    code,
    (facts) => (facts.seen.ended?.code === code ? contactEnded(facts) : null),
  ]),
  ['no_nodes', noNodes],
  ['nodes_away', nodesAway],
  // Before the next: an extension for TLS only is not found for who comes without.
  ['tls_required', tlsRequired],
  ['not_tried_again', notTriedAgain],
  ['directory_unreachable', directoryFailed],
  ['wrong_auth_name', wrongAuthName],
  ['wrong_password', wrongPassword],
  ['wrong_domain', askedForAnother],
  ['unknown', unknown],
  ['challenged', challenged],
  ['was_registered_and_left', wasRegistered],
  ['not_registering', notRegistering],
  ['attempt_not_heard', notHeard],
  ['directory_unreachable', directoryFails],
  ['wrong_domain', wrongDomain],
  ['never_tried', neverTried],
];

/** Why the extension cannot register, or that it is. */
export function verdict(facts: Facts): Verdict {
  for (const [code, rule] of RULES) {
    const words = rule(facts);
    if (words) return { code, summary: words[0], nextStep: words[1] };
  }
  throw new Error('the last rule has nothing to say');
}
