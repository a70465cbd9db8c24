import { hash, timingSafeEqual } from 'node:crypto';

/** Of a secret, in bytes: shorter ones take as long. */
const SHORTEST = 128;

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

/** Compares in a time that tells nothing of where, or whether in length, the two differ. */
export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

/** The same, for one secret that is compared with over and over: without a hash, over as many bytes each time. */
export function secretMatcher(expected: string): (given: string) => boolean {
  const wanted = Buffer.alloc(2 * Math.max(SHORTEST, Buffer.byteLength(expected)));
  wanted.write(expected);
  const compared = Buffer.alloc(wanted.length);
  return (given) => {
    compared.fill(0);
    compared.write(given);
    const isSame = timingSafeEqual(compared, wanted);
    compared.fill(0);
    // A byte of zero at the end is not in the padding.
    return isSame && given.length === expected.length;
  };
}
