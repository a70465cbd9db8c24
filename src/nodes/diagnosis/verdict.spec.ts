import { type Device } from '../registrations/state/device';
import { type NodeView, type RegistrationView } from '../registrations/state/registrations.service';
import { type Facts, type KnownExtension } from './facts';
import {
  type Counts,
  type SeenAttempt,
  type SeenEnding,
  type SeenLookup,
  type SeenUser,
} from './evidence-store';
import { verdict, VERDICT_CODES } from './verdict';

const S = 1_000;
const BEGAN = Date.UTC(2026, 0, 1, 8);
/** An hour later; the extension is older than Dialplane's memory. */
const NOW = BEGAN + 3_600 * S;
const CACHE_MS = 60 * S;

const extension: KnownExtension = {
  status: 'active',
  tenantStatus: 'active',
  tlsEnabled: false,
  liveSince: new Date(BEGAN - 1_000_000 * S),
  updatedAt: new Date(BEGAN - 1_000_000 * S),
  deletedAt: null,
};
const node = (name: string, state: NodeView['state'] = 'answering'): NodeView => ({
  name,
  state,
  since: BEGAN,
  stateSince: BEGAN,
  changes: [],
});
const view: RegistrationView = {
  state: 'unregistered',
  asOf: NOW,
  since: null,
  source: 'snapshot',
  nodes: [node('fs1')],
  devices: [],
};
const counts = (more: Partial<Counts> = {}): Counts => ({
  lookups: { count: 0, lastAt: null },
  attempts: { count: 0, lastAt: null },
  unanswered: { count: 0, lastAt: null },
  ...more,
});
const lookup = (at: number, answer: SeenLookup['answer'] = 'found', action = 'sip_auth'): SeenLookup => ({
  at,
  answer,
  action,
  from: '192.0.2.3',
});
const attempt = (at: number, more: Partial<SeenAttempt> = {}): SeenAttempt => ({
  at,
  node: 'fs1',
  profile: 'internal',
  result: 'refused',
  named: true,
  askedFor: '1001@a.test',
  request: 'REGISTER',
  transport: 'unknown',
  networkIp: '192.0.2.7',
  networkPort: 5062,
  agent: 'Phone/1',
  contactHost: '192.0.2.7:5062',
  expires: 600,
  ...more,
});

interface Given {
  extension?: Partial<KnownExtension> | null;
  view?: Partial<RegistrationView>;
  seen?: Partial<SeenUser>;
  numbers?: Partial<Counts>;
  domains?: Partial<Counts>;
  passwordChangedAt?: Date;
  previousPassword?: boolean;
}

const facts = (given: Given): Facts => ({
  number: '1001',
  domain: 'a.test',
  extension: given.extension === null ? null : { ...extension, ...given.extension },
  passwordChangedAt: given.passwordChangedAt ?? null,
  previousPassword: given.previousPassword ?? false,
  cacheMs: CACHE_MS,
  now: NOW,
  view: { ...view, ...given.view },
  seen: {
    since: BEGAN,
    changedAt: null,
    registeredAt: null,
    left: null,
    ended: null,
    lookups: [],
    attempts: [],
    ...given.seen,
  },
  unknownNumbers: counts(given.numbers),
  unknownDomains: counts(given.domains),
});

const AT = NOW - 600 * S;
const ended: Omit<SeenEnding, 'at'> = {
  code: 'contact_leads_elsewhere',
  summary: 'it led elsewhere',
  nextStep: 'Look.',
};
const device = (more: Partial<Device>): Device => ({
  node: 'fs1',
  profile: 'internal',
  number: '1001',
  domain: 'a.test',
  contact: '"" <sip:1001@192.0.2.7:5062>',
  callId: 'c',
  agent: 'Phone/1',
  transport: 'unknown',
  networkIp: '192.0.2.7',
  networkPort: 5062,
  expiresAt: NOW + 600 * S,
  reachable: true,
  since: AT,
  reachableSince: AT,
  firstSeenAt: BEGAN,
  heardFrom: 'event',
  registeredAfter: AT,
  registeredBefore: AT,
  round: 0,
  ...more,
});
const refused = { lookups: [lookup(AT - 1)], attempts: [attempt(AT)] };
const accepted = attempt(AT, { result: 'accepted', request: null });
const unnamed = { ...refused, attempts: [attempt(AT, { named: false })] };
const notFound = { ...unnamed, lookups: [lookup(AT - 1, 'not_found')] };
const overWs = { attempts: [attempt(AT, { transport: 'ws' })] };
const tlsOnly = { tlsEnabled: true };
const tooMany: SeenEnding = { ...ended, code: 'too_many_devices', at: AT };
const closed = { registeredAt: AT, left: { at: AT + S, how: 'disconnected' } } as const;

const CASES: [what: string, Given, code: string, words: RegExp][] = [
  ['nothing', { extension: null }, 'no_such_extension', /no extension 1001 in a\.test/],
  ['an end', { extension: { deletedAt: new Date(AT) } }, 'deleted', /deleted at 2026-01-01T08:50:00\+00:00/],
  [
    'a disabled account',
    { extension: { tenantStatus: 'disabled' } },
    'tenant_disabled',
    /account of a\.test/,
  ],
  ['a disabled one', { extension: { status: 'disabled' }, seen: refused }, 'disabled', /1001 is disabled/],
  ['a registration', { view: { state: 'registered', since: AT } }, 'registered', /since 2026/],
  [
    'a registration from before a rotation',
    { view: { state: 'registered', since: AT }, previousPassword: true },
    'registered',
    /not registered since the password was changed/,
  ],
  [
    'a phone that cannot be dialled',
    { view: { state: 'registered', since: AT, devices: [device({ contact: `"" <sip:o'b@192.0.2.7>` })] } },
    'registered',
    /No call reaches it\. 192\.0\.2\.7:5062: The user part of its Contact holds/,
  ],
  [
    'one of two phones that does not answer',
    {
      view: { state: 'registered', since: AT, devices: [device({}), device({ reachable: false })] },
    },
    'registered',
    /Calls do not reach all of its phones\. 192\.0\.2\.7:5062: It does not answer/,
  ],
  [
    'a contact that was ended, beside another',
    {
      view: { state: 'registered', since: AT, devices: [device({})] },
      seen: { ended: { ...ended, at: AT } },
    },
    'registered',
    /Another contact of it was ended at 2026-01-01T08:50:00/,
  ],
  [
    'a contact that was ended',
    { seen: { ended: { ...ended, at: AT }, registeredAt: AT + 1, attempts: [accepted] } },
    'contact_leads_elsewhere',
    /A contact was ended at 2026-01-01T08:50:00/,
  ],
  ['a device too many', { seen: { ended: tooMany } }, 'too_many_devices', /A contact was ended/],
  [
    'a wrong password after that',
    { seen: { ...refused, ended: { ...ended, at: AT - S } } },
    'wrong_password',
    /wrong password/,
  ],
  ['no node', { view: { state: 'unknown', nodes: [] } }, 'no_nodes', /no FreeSWITCH node/],
  [
    'silence',
    { view: { state: 'unknown', nodes: [node('fs1', 'away'), node('fs2', 'silent')] }, seen: refused },
    'nodes_away',
    /fs1 \(away since .*\), fs2 \(silent since/,
  ],
  ['a wrong password', { seen: refused }, 'wrong_password', /192\.0\.2\.7:5062 \(Phone\/1\) was refused/],
  [
    'a wrong password after a rotation',
    { seen: refused, passwordChangedAt: new Date(AT - S) },
    'wrong_password',
    /The password was changed at 2026-01-01T08:49:59/,
  ],
  [
    'an old password before a rotation',
    { seen: refused, passwordChangedAt: new Date(AT + S) },
    'not_tried_again',
    /has been changed since/,
  ],
  [
    'an attempt at the one before it',
    { seen: refused, extension: { liveSince: new Date(AT + S) } },
    'not_tried_again',
    /no phone has tried again/,
  ],
  [
    'an attempt while it was disabled',
    { seen: { ...refused, lookups: [lookup(AT - 1, 'not_found')] } },
    'not_tried_again',
    /has been changed since/,
  ],
  [
    'a database that failed',
    { seen: { ...refused, lookups: [lookup(AT - 1, 'error')] } },
    'directory_unreachable',
    /could not answer fs1/,
  ],
  [
    'a database that failed long before',
    { seen: { ...refused, lookups: [lookup(AT - 50 * S), lookup(AT - 90 * S, 'error')] } },
    'wrong_password',
    /wrong password/,
  ],
  [
    'a lookup long before',
    { seen: { ...refused, lookups: [lookup(AT - CACHE_MS - 5 * S)] } },
    'directory_unreachable',
    /did not ask this Dialplane for 1001/,
  ],
  [
    'a lookup that the node remembers',
    { seen: { ...refused, lookups: [lookup(AT - CACHE_MS + S)] } },
    'wrong_password',
    /wrong password/,
  ],
  [
    'a lookup before a change',
    { seen: { ...refused, lookups: [lookup(AT - 20 * S)], changedAt: AT - 10 * S } },
    'directory_unreachable',
    /did not ask/,
  ],
  [
    'what a node may remember from before our start',
    { seen: { ...refused, lookups: [], since: AT - CACHE_MS + S } },
    'wrong_password',
    /wrong password/,
  ],
  [
    'more lookups since than are kept',
    { seen: { ...refused, lookups: Array.from({ length: 10 }, (_, i) => lookup(NOW - i * S)) } },
    'wrong_password',
    /wrong password/,
  ],
  ['another name', { seen: unnamed }, 'wrong_auth_name', /before its password was looked at/],
  ['no TLS', { seen: notFound, extension: tlsOnly }, 'tls_required', /came unencrypted/],
  ['a WebSocket without TLS', { seen: overWs, extension: tlsOnly }, 'tls_required', /came unencrypted/],
  ['a wrong password over TLS', { seen: refused, extension: tlsOnly }, 'wrong_password', /wrong password/],
  [
    'another domain',
    { seen: { attempts: [{ ...accepted, askedFor: '1001@192.0.2.1' }] } },
    'wrong_domain',
    /asked to be 1001@192\.0\.2\.1/,
  ],
  [
    'a node away',
    { view: { state: 'unknown', nodes: [node('fs1'), node('fs2', 'away')] } },
    'unknown',
    /does not answer: fs2 \(away since [^,]*$/,
  ],
  [
    'a new challenge',
    { seen: { attempts: [attempt(AT, { result: 'challenged', named: false })] } },
    'challenged',
    /password anew/,
  ],
  [
    'a phone that left',
    { seen: { registeredAt: AT, left: { at: AT + S, how: 'unregistered' }, attempts: [accepted] } },
    'was_registered_and_left',
    /unregistered at 2026-01-01T08:50:01/,
  ],
  ['a page that was closed', { seen: closed }, 'was_registered_and_left', /connection of 1001's phone was/],
  [
    'a phone whose end was not heard',
    { view: { since: AT + 5 * S }, seen: { registeredAt: AT, left: { at: AT - S, how: 'expired' } } },
    'was_registered_and_left',
    /has not been registered since 2026-01-01T08:50:05/,
  ],
  ['calls only', { seen: { attempts: [accepted] } }, 'not_registering', /no registration came of it/],
  [
    'a node not named',
    { seen: { lookups: [lookup(AT)] } },
    'attempt_not_heard',
    /FreeSWITCH at 192\.0\.2\.3/,
  ],
  [
    'a call to it',
    { seen: { lookups: [lookup(AT, 'found', 'user_call')] } },
    'never_tried',
    /since Dialplane/,
  ],
  [
    'a database that fails',
    { numbers: { unanswered: { count: 2, lastAt: AT } } },
    'directory_unreachable',
    /phones of a\.test \(2 times, last at/,
  ],
  [
    'phones without lookups',
    { numbers: { attempts: { count: 1, lastAt: AT } } },
    'directory_unreachable',
    /FreeSWITCH did not ask this Dialplane/,
  ],
  [
    'unknown domains',
    { domains: { lookups: { count: 3, lastAt: AT } } },
    'wrong_domain',
    /domains that do not exist \(3 times, last at 2026/,
  ],
  [
    'unknown numbers',
    { numbers: { lookups: { count: 1, lastAt: AT }, attempts: { count: 1, lastAt: AT } } },
    'wrong_domain',
    /numbers of a\.test that do not exist \(once/,
  ],
  [
    'unknown domains long ago',
    { domains: { lookups: { count: 3, lastAt: NOW - 3_601 * S } } },
    'never_tried',
    /2026-01-01T08:00:00/,
  ],
];

describe('the verdict', () => {
  it.each(CASES)('of %s', (_what, given, code, words) => {
    const found = verdict(facts(given));
    expect([found.code, found.summary]).toEqual([code, expect.stringMatching(words)]);
    expect(found.nextStep).toMatch(/^[A-Z].*\.$/);
    expect(found.summary).toMatch(/^[A-Z].*\.$/);
  });

  it('has no code that is not tested', () => {
    expect(VERDICT_CODES.filter((code) => !CASES.some(([, , tested]) => tested === code))).toEqual([]);
  });
});
