import { type Scope } from '../../core/roles';
import { type Extension } from '../../schema/extension.entity';
import { type ImportAction } from '../../schema/import-job.entity';
import { PbxRow } from '../../api/pbx/imports/pbx-row';
import { type Candidate } from './import-row';
import { RowValidator, type References } from './row-validator';

const THERE = {
  id: 1,
  extensionNumber: '1001',
  teamId: 7,
  outboundCallerIdAsSent: '0900000001',
} as Extension;
const AROUND: References = {
  live: new Map([['1001', THERE]]),
  teams: new Set([5]),
  callerIds: new Map([['84900000002', 2]]),
  countryCode: '84',
  emergencyNumbers: ['112'],
  maxExtensions: 3,
  refuseWeakPasswords: true,
};

const ALL: Scope = { kind: 'all' };

const candidate = (given: Record<string, unknown>, fromCsv = true): Candidate => {
  const number = (given.extension_number as string | undefined) ?? null;
  return { row: new PbxRow(2, given, fromCsv ? 'csv' : 'json'), number, repeated: false };
};

function judged(
  action: ImportAction,
  given: Record<string, unknown>,
  { scope = ALL, room = Infinity, fromCsv = true } = {},
): unknown {
  const judgement = new RowValidator({ tenantId: 1, scope }, action);
  const verdict = judgement.validate(candidate(given, fromCsv), AROUND, room);
  return verdict.kind === 'refuse' ? verdict.refusal.errors : verdict.kind;
}

const NEW = { extension_number: '1002' };
const OLD = { extension_number: '1001' };
const TAKEN = { extension_number: ['The extension number has already been taken.'] };
const MISSING = { extension_number: ['The selected extension number is invalid.'] };
const TEAM = { team_id: ['The selected team id is invalid.'] };
const CALLER_ID = { outbound_caller_id: ['The selected outbound caller id is invalid.'] };
const FULL = { extension_number: ['The account may not have more than 3 extensions.'] };
const OWN_TEAM = { scope: { kind: 'teams', ids: [5] } as Scope };

describe('a row', () => {
  it.each([
    ['create', NEW, {}, 'create'],
    ['create', OLD, {}, TAKEN],
    ['update', OLD, {}, 'update'],
    ['update', NEW, {}, MISSING],
    ['upsert', OLD, {}, 'update'],
    ['upsert', NEW, {}, 'create'],
    ['create', NEW, { room: 0 }, FULL],
    ['update', OLD, { room: 0 }, 'update'],
    ['create', { ...NEW, team_id: 5 }, {}, 'create'],
    ['create', { ...NEW, team_id: 7 }, {}, TEAM],
    ['update', { ...OLD, team_id: 7 }, {}, 'update'],
    ['create', { ...NEW, outbound_caller_id: '0900000002' }, {}, 'create'],
    ['create', { ...NEW, outbound_caller_id: '0900000001' }, {}, CALLER_ID],
    ['update', { ...OLD, outbound_caller_id: '0900000001' }, {}, 'update'],
    ['create', { ...NEW, team_id: 5 }, OWN_TEAM, 'create'],
    ['create', NEW, OWN_TEAM, TEAM],
    ['update', OLD, OWN_TEAM, MISSING],
    ['upsert', { ...OLD, team_id: 5 }, OWN_TEAM, TAKEN],
    ['update', { ...OLD, team_id: '' }, { scope: { kind: 'teams', ids: [7] } as Scope }, TEAM],
    ['update', { ...OLD, sip_password: '' }, {}, 'update'],
    [
      'update',
      { ...OLD, sip_password: 'short' },
      {},
      { sip_password: ['The sip password must be at least 8 characters.'] },
    ],
    [
      'update',
      { ...OLD, sip_password: 'password' },
      {},
      { sip_password: ['The sip password must not be one of the 10,000 most common passwords.'] },
    ],
  ] as const)('to %s %j, %j', (action, given, more, outcome) => {
    expect(judged(action, given, more)).toEqual(outcome);
  });

  it('has empty cells where a single request would have nothing', () => {
    const empty = { display_name: '', max_concurrent: '', tls_enabled: '', recording_mode: '', status: '' };
    expect(judged('create', { ...NEW, ...empty })).toBe('create');
    expect(judged('update', { ...OLD, ...empty })).toBe('update');
    expect(Object.keys(judged('update', { ...OLD, ...empty }, { fromCsv: false }) as object)).toEqual([
      ...['recording_mode', 'max_concurrent', 'tls_enabled', 'status'],
    ]);
    const none = Object.fromEntries(Object.keys(empty).map((field) => [field, null]));
    expect(judged('update', { ...OLD, ...none }, { fromCsv: false })).toBe('update');
  });

  it('tells of all that is wrong at once', () => {
    expect(judged('create', { ...OLD, team_id: 9, max_concurrent: 11, outbound_caller_id: 'x' })).toEqual({
      ...{ max_concurrent: ['The max concurrent must be between 1 and 10.'] },
      ...{ ...TAKEN, ...TEAM, ...CALLER_ID },
    });
  });
});
