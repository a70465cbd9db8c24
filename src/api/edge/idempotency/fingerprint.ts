import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { MalformedRequest } from '../../../core/errors';

/** What tells a request from another under the same key. */
export interface FingerprintedRequest {
  method: string;
  /** Path and query, as they were sent. */
  url: string;
  /** As it was parsed. */
  body: unknown;
}

export function isIdempotencyKey(text: unknown): text is string {
  return typeof text === 'string' && /^[\x21-\x7e]{1,255}$/.test(text);
}

/** Under which a key is found again, whatever the database thinks of upper and lower case. */
export function hashOfKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/**
 * A body may hold a PIN: nobody without the installation's key can try what it was.
 * @throws MalformedRequest for a body that is nested too deeply to be written down
 */
export function fingerprints(appKey: Buffer): (asked: FingerprintedRequest) => string {
  const secret = Buffer.from(hkdfSync('sha256', appKey, '', 'idempotency', 32));
  return ({ method, url, body }) =>
    createHmac('sha256', secret)
      .update(written([method, url, body ?? null]))
      .digest('hex');
}

function written(asked: unknown[]): string {
  try {
    return JSON.stringify(asked);
  } catch (error) {
    // It is read without recursion, and written with it.
    throw error instanceof RangeError ? new MalformedRequest() : error;
  }
}
