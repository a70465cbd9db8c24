import { type Row, xmlStatus } from '../../test/fake-freeswitch/registration-table';
import { type Registration, readRegistrations, RegistrationsReader } from './registrations-xml';

const row = (number: number, more: Partial<Row> = {}): Row => ({
  callId: `${number}-9393@10.0.0.${number}`,
  user: `${1000 + number}.pbx.test`,
  host: 'pbx.test',
  contact: `"" <sip:${1000 + number}@10.0.0.${number}:5060>`,
  agent: 'LabPhone/1.0',
  expires: Math.floor(Date.now() / 1000) + 600,
  networkIp: `10.0.0.${number}`,
  networkPort: '5060',
  authUser: String(1000 + number),
  authRealm: 'pbx.test',
  extra: [],
  ...more,
});
const list = (rows: Row[]): string => xmlStatus(rows, 'fs', Date.now());
const read = (rows: Row[], account?: string) => readRegistrations(list(rows), 'internal', account);
const told = ({ callId, user, contact, agent, networkIp, authUser }: Registration): string[] => [
  callId,
  user,
  contact,
  agent,
  networkIp,
  authUser,
];
const meant = ({ callId, user, host, contact, agent, networkIp, authUser }: Row): string[] => [
  callId,
  `${user}@${host}`,
  contact,
  agent,
  networkIp,
  authUser,
];

/** A row of another extension as text: what a phone can hide in a header whose lines begin with a blank. */
const forged = (callId: string): string =>
  list([row(9, { callId, agent: 'Forged' })])
    .split('\n')
    .slice(4, -4)
    .join('\n')
    .replace('        <call-id>', '');
const ROW_BREAK = '\n    </registration>\n    <registration>\n        <call-id>';

describe('a list of registrations', () => {
  it.each([
    ['a folded User-Agent', { agent: 'a\r\n b' }],
    ['a folded display name', { contact: '"a\r\n b" <sip:1002@10.0.0.2>' }],
    ['a folded Call-ID', { callId: 'a\r\n b@c' }],
    ['the end of a row in a Call-ID', { callId: 'a\n    </registration>\n b' }],
    [
      'the end of the list in a Call-ID',
      { callId: 'a\n    </registration>\n  </registrations>\n </profile>' },
    ],
    ['the beginning of a row in a Call-ID', { callId: 'a\n    </registration>\n    <registration>\n b' }],
    ['half a row in a Call-ID', { callId: `a${ROW_BREAK}b` }],
    ['other fields in a Call-ID', { callId: 'a</call-id>\n        <user>1009.pbx.test@pbx.test</user>\n b' }],
    ['the end of the field in a User-Agent', { agent: 'a</agent>\r\n         <status>x' }],
    ['no Call-ID at all', { callId: '' }],
    ['a very long Call-ID', { callId: 'x'.repeat(1_001) }],
  ])('is read with %s', (_what, more) => {
    const rows = [row(1), row(2, more), row(3)];
    expect(read(rows)?.map(told)).toEqual(rows.map(meant));
  });

  it('has a row too many when a phone writes one, and has it not when its account is asked about', () => {
    const callId = `${forged('x')}${ROW_BREAK}y`;
    const rows = [row(1), row(2, { callId }), row(3)];
    const seen: Registration[] = [];
    const reader = new RegistrationsReader('internal', (each) => seen.push(each));
    for (const line of list(rows).split('\n')) reader.line(line);
    reader.end();
    expect(reader.rows).toBe(4);
    expect(seen.map(({ agent }) => agent)).toEqual([
      'LabPhone/1.0',
      'Forged',
      'LabPhone/1.0',
      'LabPhone/1.0',
    ]);
    const [alone, ...more] = read([row(2, { callId })], '1002.pbx.test@pbx.test') ?? [];
    expect([alone && told(alone), more]).toEqual([meant(row(2, { callId })), []]);
  });

  it.each(['', '-ERR no\n', 'Invalid Profile!\n', list([row(1)]).slice(0, -12), `${list([])}more`])(
    'is not read in %j',
    (text) => expect(readRegistrations(text, 'internal')).toBeNull(),
  );

  it('is read whatever headers phones send', () => {
    const random = seeded(20261126);
    for (let round = 0; round < 3_000; round++) {
      const rows = [1, 2, 3].map((number) => row(number, random.chance() ? headers(random) : {}));
      const seen = read(rows)?.map(told);
      expect({ round, seen }).toEqual({ round, seen: rows.map(meant) });
    }
  });

  it('never loses a device to rows that phones write', () => {
    const random = seeded(7);
    for (let round = 0; round < 1_000; round++) {
      const written = Array.from({ length: 1 + random.below(3) }, (_, at) => forged(`f${at}`));
      const callId = `${[...written, odd(random), odd(random)].join(ROW_BREAK)}`;
      const rows = [row(1), row(2, { callId, ...(random.chance() && { agent: odd(random) }) }), row(3)];
      const seen = read(rows) ?? [];
      expect(
        rows.map(({ contact }) => contact).filter((each) => !seen.some(({ contact }) => contact === each)),
      ).toEqual([]);
      const alone = read([rows[1]!], '1002.pbx.test@pbx.test') ?? [];
      expect({ round, alone: alone.map(told) }).toEqual({ round, alone: [meant(rows[1]!)].map(cut) });
    }
  });
});

/** Call-IDs are kept up to 1,001 characters. */
const cut = ([callId = '', ...rest]: string[]): string[] => [callId.slice(0, 1_001), ...rest];

type Random = ReturnType<typeof seeded>;

/** The same numbers each time (mulberry32). */
function seeded(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, chance: () => below(2) === 0, of: <T>(some: readonly T[]): T => some[below(some.length)]! };
}

/** Pieces of what SIP allows in headers, and of FreeSWITCH's own layout. A break is followed by a blank: else the header ends. */
const PIECES = [
  ...[
    'a',
    'Z',
    '0',
    '-',
    '.',
    '!',
    '%',
    '*',
    '_',
    '+',
    '`',
    "'",
    '~',
    '(',
    ')',
    '<',
    '>',
    ':',
    '\\',
    '"',
    '/',
  ],
  ...[
    '[',
    ']',
    '?',
    '{',
    '}',
    '@',
    ' ',
    '\t',
    '&',
    '&amp;',
    '&lt;',
    ';',
    ',',
    '=',
    '|',
    '$',
    '#',
    '^',
    'ü',
    '☎',
  ],
  ...['\r\n ', '\n ', '\r\n\t', '\r\n        ', '\n    ', '\n  ', '\u0001', '\u2028', '\uFFFD', '%0d%0a'],
  ...['</call-id>', '<call-id>', '<user>', '</user>', '<agent>', '</agent>', '<contact>', '<status>'],
  ...[
    '\n    </registration>',
    '\n    <registration>',
    '\n  </registrations>',
    '\n  <registrations>',
    '\n </profile>',
  ],
  ...[
    '\n        <user>1001.pbx.test@pbx.test</user>',
    '\n        <agent>x</agent>',
    '<![CDATA[',
    '<!--',
    ']]>',
  ],
  ...[
    '\n        <sip-auth-user>1001</sip-auth-user>',
    '\n        <call-id>',
    'expsecs(9)',
    '<?xml',
    '\n        </call-id>',
  ],
];

const odd = (random: Random): string =>
  Array.from({ length: random.below(12) }, () => random.of(PIECES)).join('');

function headers(random: Random): Partial<Row> {
  return {
    ...(random.chance() && { callId: odd(random) }),
    ...(random.chance() && { agent: odd(random) }),
    ...(random.chance() && { contact: `"${odd(random)}" <sip:1001@10.0.0.1;x=${odd(random)}>` }),
  };
}
