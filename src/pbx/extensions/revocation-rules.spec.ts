import { type Extension } from '../../schema/extension.entity';
import { revocationFor } from './revocation-rules';

type Decisive = Pick<Extension, 'status' | 'tlsEnabled' | 'a1' | 'deletedAt'>;

const ACTIVE: Decisive = { status: 'active', tlsEnabled: false, a1: 'sealed', deletedAt: null };
const DISABLED: Decisive = { ...ACTIVE, status: 'disabled' };
const TLS_ONLY: Decisive = { ...ACTIVE, tlsEnabled: true };
const DELETED = { deletedAt: new Date(0) };
const ROTATED = { a1: 'sealed anew' };

it.each([
  ['another field', ACTIVE, ACTIVE, 'changed', false],
  ['another field of a disabled one', DISABLED, DISABLED, 'changed', true],
  ['disabled', ACTIVE, DISABLED, 'disabled', true],
  ['enabled', DISABLED, ACTIVE, 'changed', false],
  ['TLS only', ACTIVE, TLS_ONLY, 'changed', true],
  ['another field of one that was TLS only', TLS_ONLY, TLS_ONLY, 'changed', false],
  ['no longer TLS only', TLS_ONLY, ACTIVE, 'changed', false],
  ['a new password', ACTIVE, { ...ACTIVE, ...ROTATED }, 'password_changed', false],
  ['a new password of a disabled one', DISABLED, { ...DISABLED, ...ROTATED }, 'password_changed', true],
  ['a new password and TLS only', ACTIVE, { ...TLS_ONLY, ...ROTATED }, 'password_changed', true],
  ['a new password, and disabled', ACTIVE, { ...DISABLED, ...ROTATED }, 'disabled', true],
  ['deleted', ACTIVE, { ...ACTIVE, ...DELETED }, 'deleted', true],
  ['deleted when disabled', DISABLED, { ...DISABLED, ...DELETED }, 'deleted', true],
] as const)('%s', (_, before, after, reason, dropContacts) => {
  expect(revocationFor(before, after)).toEqual({ reason, dropContacts });
  expect(revocationFor(before, after, { disconnect: true })).toEqual({ reason, dropContacts: true });
});
