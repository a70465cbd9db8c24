import ipaddr from 'ipaddr.js';

/** More rounds of %-decoding than FreeSWITCH and its SIP stack make of an address. */
const DECODINGS = 3;
/** FreeSWITCH fact: a path with an @ in the user part as well is sent nowhere. */
const HOP = /^\s*<?sips?:(?:[^;?<>,]*@)?(\[[^\]]*\]|[^:;<>,@]+)(?::\d+)?(?:;[^<>,]*)?>?\s*$/i;
const USER = /^[\w.~%+*!=;:?&/-]+$/;
const NOT_IN_USER = /[^\w.~%+*!=;:?&/-]/g;
const HOST = /^(?:[\w.-]+|\[[\dA-Fa-f:.]+\])(?::\d+)?$/;
const PARAMETERS = /^(?:;[\w.~%+*!=:?&/-]*)*$/;

/**
 * Where FreeSWITCH would send what it has for a contact, if that is another place than the one that registered it;
 * null: it sends it back there. FreeSWITCH facts: what counts is the first fs_path, which it writes itself for a phone
 * behind NAT (its own, at the end) and out of a Path header, and which a phone may write too; then maddr, then the host.
 *
 * @param contact as kept: an optional display name and `<sip:…>`
 * @param networkIp where the REGISTER came from
 * @param proxies the addresses and names of SIP proxies that may stand between: they add a Path
 */
export function leadsElsewhere(
  contact: string,
  networkIp: string,
  proxies: readonly string[] = [],
): string | null {
  const uri = uriOf(contact);
  const throughProxy = proxies.includes(networkIp);
  const isRight = (host: string): boolean =>
    sameHost(host, networkIp) || (throughProxy && proxies.includes(host));
  for (const [, maddr = ''] of decoded(uri).matchAll(/maddr=([^;>,&?]*)/gi)) {
    if (!isRight(maddr)) return maddr;
  }
  const path = /;fs_path=([^;>]*)/.exec(uri)?.[1];
  if (path !== undefined) {
    const hops = hopsOf(path);
    return (throughProxy ? hops : hops.slice(0, 1)).find((hop) => !isRight(hop)) ?? null;
  }
  const host = hostOf(uri);
  return throughProxy || isRight(host) ? null : host;
}

/**
 * Why the dialplan of freeswitch-conf does not dial a contact, in plain words; null: it does. It dials plain SIP
 * addresses only, for a dial-string is a language (see included/ring-phone.xml).
 */
export function whyNotDialled(contact: string): string | null {
  const [address = ''] = contact.slice(contact.lastIndexOf('<') + 1).split('>');
  const [, user, host = '', rest = ''] = /^sips?:(?:([^@]*)@)?([^;]*)(.*)$/s.exec(address) ?? [];
  const parameters = rest.split(/;fs_/i)[0] ?? '';
  if (address.includes(':_:')) return 'Its Contact holds :_: and is not dialled.';
  // FreeSWITCH fact: a Contact without a user part is kept like this.
  if (user !== undefined && user !== '(null)' && !USER.test(user)) {
    const odd = [...new Set(user.match(NOT_IN_USER))].join(' ');
    return `The user part of its Contact holds ${odd}, which cannot be dialled.`;
  }
  if (!HOST.test(host)) return 'The host of its Contact cannot be dialled.';
  if (!PARAMETERS.test(parameters)) return 'The parameters of its Contact hold what cannot be dialled.';
  return null;
}

/** The address in a Contact as FreeSWITCH reads it: behind a display name in quotes, between the first < and >. */
export function uriOf(contact: string): string {
  const [, rest = ''] = /^ *(?:"[^"]*")?(.*)$/s.exec(contact) ?? [];
  const [, inner] = /<([^>]*)/.exec(rest) ?? [];
  return inner ?? rest;
}

function hostOf(uri: string): string {
  const [, host = ''] = /^sips?:(?:[^@]*@)?(\[[^\]]*\]|[^:;>?]*)/i.exec(uri) ?? [];
  return host;
}

/** The hosts along a path, in its order; the whole hop where it cannot be read. */
const hopsOf = (path: string): string[] =>
  decoded(path)
    .split(',')
    .map((hop) => HOP.exec(hop)?.[1] ?? hop);

function decoded(text: string): string {
  let now = text;
  for (let round = 0; round < DECODINGS; round++) {
    now = now.replace(/%([0-9a-f]{2})/gi, (_whole, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  }
  return now;
}

function sameHost(host: string, networkIp: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (bare === networkIp) return true;
  return (
    ipaddr.isValid(bare) &&
    ipaddr.isValid(networkIp) &&
    ipaddr.process(bare).toNormalizedString() === ipaddr.process(networkIp).toNormalizedString()
  );
}
