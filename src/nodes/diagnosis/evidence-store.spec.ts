import { type Lookup } from '../directory/lookup-log';
import { type AttemptEvent } from '../../freeswitch/sofia-events';
import { sanitizeText } from '../../core/sanitize-text';
import { MOST_DOMAINS, MOST_EACH, EvidenceStore } from './evidence-store';

const T0 = 1_000;
const MOST_USERS = 5_000;

const lookup = (user: string, answer: Lookup['answer'], domain = 'a.test'): Lookup => ({
  user,
  domain,
  action: 'sip_auth',
  answer,
  from: '192.0.2.3',
});

const attempt = (user: string, more: Partial<AttemptEvent> = {}): AttemptEvent => ({
  user,
  domain: 'a.test',
  named: true,
  askedFor: `${user}@a.test`,
  result: 'refused',
  profile: 'internal',
  contact: `"" <sip:${user}@192.0.2.7:5062;transport=UDP>`,
  status: 'Registered(UDP)',
  agent: 'Phone/1',
  networkIp: '192.0.2.7',
  networkPort: 5062,
  expires: 600,
  ...more,
});

describe('sightings', () => {
  it('keep the last of a known user, the newest first, and no more of it', () => {
    const seen = new EvidenceStore(T0);
    for (let at = 1; at <= MOST_EACH + 5; at++) {
      seen.lookedUp(lookup('1001', 'found'), at);
      seen.attempted('fs1', attempt('1001'), at);
    }
    const { lookups, attempts, since } = seen.know('1001', 'a.test', T0);
    const newest = Array.from({ length: MOST_EACH }, (_, i) => MOST_EACH + 5 - i);
    expect(lookups.map(({ at }) => at)).toEqual(newest);
    expect(attempts.map(({ at }) => at)).toEqual(newest);
    expect(attempts[0]).toMatchObject({ transport: 'unknown', contactHost: '192.0.2.7:5062' });
    expect(since).toBe(T0);
  });

  it('count whoever is not known, by domain, and keep nothing of them', () => {
    const seen = new EvidenceStore(T0);
    seen.knowDomain('a.test');
    for (let i = 0; i < 20_000; i++) {
      seen.lookedUp(lookup(`guess${i}`, 'not_found'), i);
      seen.lookedUp(lookup('1001', 'not_found', `guess${i}.test`), i);
      seen.attempted('fs1', attempt(`guess${i}`), i);
    }
    seen.lookedUp(lookup('1001', 'error'), 5);
    expect(seen.size).toBe(0);
    expect(seen.countsOf('a.test')).toEqual({
      lookups: { count: 20_000, lastAt: 19_999 },
      attempts: { count: 20_000, lastAt: 19_999 },
      unanswered: { count: 1, lastAt: 5 },
    });
    expect(seen.unknownDomains.lookups).toEqual({ count: 20_000, lastAt: 19_999 });
    expect(seen.countsOf('b.test')).toBe(seen.unknownDomains);
  });

  it('forget whoever was not heard of for longest, and say so', () => {
    const seen = new EvidenceStore(T0);
    for (let i = 0; i < MOST_USERS; i++) seen.lookedUp(lookup(String(i), 'found'), T0);
    seen.lookedUp(lookup('0', 'not_found'), T0 + 1);
    seen.lookedUp(lookup('new', 'found'), T0 + 2);
    expect(seen.size).toBe(MOST_USERS);
    expect(seen.know('0', 'a.test', T0 + 3).lookups).toHaveLength(2);
    const forgotten = seen.know('1', 'a.test', T0 + 4);
    expect([forgotten.lookups, forgotten.since]).toEqual([[], T0 + 2]);
    expect(seen.know('new', 'a.test', T0 + 5).since).toBe(T0);
  });

  it('know so many domains', () => {
    const seen = new EvidenceStore(T0);
    for (let i = 0; i <= MOST_DOMAINS; i++) seen.knowDomain(`d${i}.test`);
    expect(seen.countsOf('d0.test')).toBe(seen.unknownDomains);
    expect(seen.countsOf('d1.test')).not.toBe(seen.unknownDomains);
  });

  it('complete a refused attempt with what it was for, and keep one that gave another name', () => {
    const seen = new EvidenceStore(T0);
    seen.know('1001', 'a.test', T0);
    seen.attempted('fs1', attempt('1001'), T0);
    const failure = {
      user: '1001',
      domain: 'a.test',
      profile: 'internal',
      agent: 'Phone/1',
      networkIp: '192.0.2.7',
      networkPort: 5062,
      request: 'INVITE' as const,
    };
    seen.failed('fs1', failure, T0 + 1);
    seen.failed('fs1', { ...failure, networkIp: '192.0.2.8' }, T0 + 2);
    seen.failed('fs1', { ...failure, user: '1777' }, T0 + 3);
    const { attempts } = seen.know('1001', 'a.test', T0);
    expect(attempts.map(({ at, request, named }) => [at, request, named])).toEqual([
      [T0 + 2, 'INVITE', false],
      [T0, 'INVITE', true],
    ]);
    expect(seen.size).toBe(1);
  });

  it('enter a REGISTER once, whether its attempt was received or not, and a call beside it', () => {
    const seen = new EvidenceStore(T0);
    const accepted = (more: Partial<AttemptEvent> = {}) => attempt('1001', { result: 'accepted', ...more });
    const call = accepted({ askedFor: '1002@a.test', expires: 300 });
    seen.attempted('fs1', call, T0);
    seen.accepted('fs1', accepted(), T0 + 1);
    seen.accepted('fs1', accepted(), T0 + 2);
    seen.attempted('fs1', accepted({ expires: 60 }), T0 + 3);
    seen.accepted('fs1', accepted({ expires: 60 }), T0 + 4);
    seen.accepted('fs2', accepted({ expires: 60 }), T0 + 5);
    const { attempts } = seen.know('1001', 'a.test', T0);
    expect(attempts.map(({ at, node, askedFor, expires }) => [at, node, askedFor, expires])).toEqual([
      [T0 + 5, 'fs2', '1001@a.test', 60],
      [T0 + 3, 'fs1', '1001@a.test', 60],
      [T0 + 2, 'fs1', '1001@a.test', 600],
      [T0 + 1, 'fs1', '1001@a.test', 600],
      [T0, 'fs1', '1002@a.test', 300],
    ]);
  });
});

it.each([
  ['Yealink T46', 'Yealink T46'],
  ['a\r\nb\u202Ec\u0000', 'a\uFFFD\uFFFDb\uFFFDc\uFFFD'],
  ['x'.repeat(70_000), 'x'.repeat(200)],
  ['', ''],
])('%j is kept as it may be shown', (text, kept) => {
  expect(sanitizeText(text)).toBe(kept);
});
