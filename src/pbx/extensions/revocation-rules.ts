import { type Extension } from '../../schema/extension.entity';
import { type RevocationReason } from '../../schema/revocation.entity';

/** What decides whether a phone may stay. */
type Decisive = Pick<Extension, 'status' | 'tlsEnabled' | 'a1' | 'deletedAt'>;

export interface RevocationRule {
  reason: RevocationReason;
  /** Whether phones that are registered are unregistered. */
  dropContacts: boolean;
}

/**
 * What nodes must forget of an extension that was changed, in any of its fields.
 * @param disconnect whether whoever changes it wants its phones to register again
 */
export function revocationFor(
  before: Decisive,
  after: Decisive,
  { disconnect = false }: { disconnect?: boolean } = {},
): RevocationRule {
  const mayHavePhone = after.deletedAt === null && after.status === 'active';
  // A phone that came without TLS must come again.
  const becameTlsOnly = after.tlsEnabled && !before.tlsEnabled;
  return {
    reason: reasonFor(before, after),
    dropContacts: disconnect || !mayHavePhone || becameTlsOnly,
  };
}

function reasonFor(before: Decisive, after: Decisive): RevocationReason {
  if (after.deletedAt !== null && before.deletedAt === null) return 'deleted';
  if (after.status === 'disabled' && before.status === 'active') return 'disabled';
  return after.a1 === before.a1 ? 'changed' : 'password_changed';
}
