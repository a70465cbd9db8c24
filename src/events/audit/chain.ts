import { createHmac, hkdfSync } from 'node:crypto';
import { type AuditChain } from '../../schema/audit-chain.entity';
import { type AuditEntry } from '../../schema/audit-entry.entity';

/** What an entry's hash covers. */
export type Unhashed = Omit<AuditEntry, 'id' | 'hash' | 'origin' | 'affected'>;
export type ChainHead = Omit<AuditChain, 'seal'>;

/** What was before the first entry. */
export const NOTHING_BEFORE = '0'.repeat(64);

/** A key of its own for the audit, from APP_KEY. */
export function auditKey(appKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', appKey, Buffer.alloc(0), 'dialplane audit', 32));
}

/** An entry's hash: over every field of it and the hash of the one before. */
export function entryHash(key: Buffer, before: string, entry: Unhashed): string {
  const { tenantId, seq, at, actorKind, actorId, actorName, tokenId, address, requestId } = entry;
  const { action, resourceType, resource, changes, firstRevocationId, lastRevocationId } = entry;
  const who = [actorKind, actorId, actorName, tokenId, address, requestId];
  const what = [action, resourceType, resource, changes, firstRevocationId, lastRevocationId];
  return hmac(key, [before, tenantId, seq, at.getTime(), ...who, ...what]);
}

/** The seal over a chain's two ends. */
export function headMac(key: Buffer, { tenantId, firstSeq, lastSeq, baseHash, lastHash }: ChainHead): string {
  return hmac(key, ['ends', tenantId, firstSeq, lastSeq, baseHash, lastHash]);
}

/**
 * A chain's row before its first entry.
 * @param lost how many entries there should be; they are missed ever after
 */
export function newChain(key: Buffer, tenantId: number, lost = 0): ChainHead & { seal: string } {
  const ends = { tenantId, firstSeq: 1, lastSeq: lost, baseHash: NOTHING_BEFORE, lastHash: NOTHING_BEFORE };
  return { ...ends, seal: headMac(key, ends) };
}

function hmac(key: Buffer, fields: unknown[]): string {
  return createHmac('sha256', key).update(JSON.stringify(fields)).digest('hex');
}
