import { newExtension } from '../extensions/extension-fields';
import { type Extension } from '../../schema/extension.entity';
import { SealedBox } from '../../platform/secrets/sealed-box';
import { SipCredentials } from '../../platform/secrets/sip-credentials.service';
import { ChangePlanner } from './change-planner';
import { type RowPatch } from './import-row';
import { type References } from './row-validator';

const ACCOUNT = { tenantId: 1, domain: 'pbx.test', countryCode: '84' };
const AROUND = {
  live: new Map(),
  teams: new Set([5]),
  callerIds: new Map([['84900000002', 2]]),
  countryCode: '84',
  emergencyNumbers: ['112'],
  maxExtensions: null,
  refuseWeakPasswords: true,
} satisfies References;

const credentials = new SipCredentials(new SealedBox(Buffer.alloc(32, 7)));
const edits = new ChangePlanner(ACCOUNT, credentials);

function there(): Extension {
  const { sealedA1 } = edits.newCredentials('1001', 'the-password');
  const pin = credentials.sealPin('1234', { tenantId: 1, number: '1001' });
  const row = newExtension(1, { extensionNumber: '1001', displayName: 'A', maxConcurrent: 3 });
  return { ...row, id: 1, a1: sealedA1, voicemailPin: pin };
}

const edit = (given: RowPatch, extension = there()) => edits.plan(extension, given, AROUND);

it.each([
  {},
  { displayName: 'A', maxConcurrent: 3, status: 'active', teamId: null, outboundCallerId: null },
  { voicemailPin: '1234', sipPassword: 'the-password' },
  { sipPassword: null },
] as RowPatch[])('%j changes nothing', (given) => {
  const extension = there();
  const before = { ...extension };
  expect(edit(given, extension)).toBeNull();
  expect(extension).toEqual(before);
});

it.each([
  [{ displayName: 'B' }, 'changed', false, 'updated'],
  [{ voicemailPin: '12345' }, 'changed', false, 'updated'],
  [{ voicemailPin: null }, 'changed', false, 'updated'],
  [{ teamId: 5 }, 'changed', false, 'updated'],
  [{ tlsEnabled: true }, 'changed', true, 'updated'],
  [{ status: 'disabled' }, 'disabled', true, 'updated'],
  [{ status: 'disabled', sipPassword: 'another-one' }, 'disabled', true, 'updated'],
  [{ sipPassword: 'another-one' }, 'password_changed', false, 'password_changed'],
  [{ sipPassword: 'another-one', displayName: 'B' }, 'password_changed', false, 'updated'],
] as [RowPatch, string, boolean, string][])(
  '%j is a change: %s, contacts dropped: %j',
  (given, reason, dropContacts, action) => {
    expect(edit(given)).toMatchObject({ reason, dropContacts, deed: { action, resource: '1001' } });
  },
);

it('a disabled one has no contacts after any change', () => {
  expect(edit({ displayName: 'B' }, { ...there(), status: 'disabled' })).toMatchObject({
    reason: 'changed',
    dropContacts: true,
  });
});

it('what cannot be opened is not the same', () => {
  expect(edit({ voicemailPin: '1234' }, { ...there(), voicemailPin: 'v1.AAAA' })).not.toBeNull();
  expect(edit({ sipPassword: 'the-password' }, { ...there(), a1: 'v1.AAAA' })).not.toBeNull();
});

it('a new row is as a single request makes it', () => {
  const made = edits.newCredentials('1002', null);
  const given = { extensionNumber: '1002', voicemailPin: '1234', outboundCallerId: '+84900000002' };
  const row = edits.newRow(given, made, AROUND);
  expect(row).toMatchObject({
    ...{ extensionNumber: '1002', liveNumber: '1002', status: 'active', a1: made.sealedA1, teamId: null },
    ...{ outboundCallerIdId: 2, outboundCallerIdAsSent: '+84900000002', passwordChangedAt: null },
  });
  expect(credentials.openPin(row.voicemailPin ?? '', { tenantId: 1, number: '1002' })).toBe('1234');
});
