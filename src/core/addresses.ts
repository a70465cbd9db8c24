import { BlockList, isIP } from 'node:net';

/** The rule of a list of addresses and networks, as in 203.0.113.7 or 2001:db8::/32. */
export function isAddressOrNetwork(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0 || address.includes('%')) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** @param list addresses and networks separated by commas; null allows all */
export function allowsAddress(list: string | null, address: string): boolean {
  if (list === null) return true;
  const allowed = new BlockList();
  for (const each of list.split(',')) {
    const [start = '', bits] = each.split('/');
    const version = isIP(start) === 6 ? 'ipv6' : 'ipv4';
    allowed.addSubnet(start, Number(bits ?? (version === 'ipv6' ? 128 : 32)), version);
  }
  return isIP(address) !== 0 && allowed.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
