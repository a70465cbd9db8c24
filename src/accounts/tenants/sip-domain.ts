import { ANONYMOUS_REALM } from '../../freeswitch/names';

const LONGEST = 190;
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const DOMAIN = new RegExp(`^(?=[a-z])${LABEL}(?:\\.${LABEL})*$`);

/**
 * Whether `domain` may be a tenant's SIP domain: a host name in lower case that begins with a letter.
 *
 * FreeSWITCH fact: its user cache is keyed by key+user+domain without a separator, so a domain that
 * begins with a digit could be taken for another tenant's user; numbers are digits only, so a letter
 * closes that. Nobody's is the realm of callers who hide. Lower case, because the cache and the digest realm tell cases apart: a second spelling
 * would be cached beside the first and outlive a flush.
 */
export function isSipDomain(domain: string): boolean {
  return domain.length <= LONGEST && DOMAIN.test(domain) && domain !== ANONYMOUS_REALM;
}
