import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** The rule of a list of addresses and networks, as in 203.0.113.7 or 2001:db8::/32. */
export function isAddressOrNetwork(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  const [start = '', bits, ...more] = text.split('/');
  const address = parse(start);
  if (!address || more.length > 0 || start.includes('%')) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsOf(address));
}

/** @param list addresses and networks separated by commas; null allows all */
export function allowsAddress(list: string | null, address: string): boolean {
  if (list === null) return true;
  const asked = parse(address);
  return asked !== null && list.split(',').some((each) => contains(each, asked));
}

function contains(network: string, address: Address): boolean {
  const [text = '', bits] = network.split('/');
  const start = parse(text);
  if (!start) return false;
  // As IPv6 has it, an IPv4 address is one of ::ffff:0:0/96.
  const mapped = bitsOf(start) === 32 ? 96 : 0;
  return asIpv6(address).match(asIpv6(start), mapped + Number(bits ?? bitsOf(start)));
}

/** Of an IPv4 address, also at the end of an IPv6 one, only the usual form is one: not 0x7f.1, 127.1 or 127.0.0.01. */
function parse(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  const [end = ''] = text.slice(text.lastIndexOf(':') + 1).split('%');
  if (!text.includes(':') || (end.includes('.') && !ipaddr.IPv4.isValidFourPartDecimal(end))) return null;
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : null;
}

function asIpv6(address: Address): ipaddr.IPv6 {
  return address instanceof ipaddr.IPv4 ? address.toIPv4MappedAddress() : address;
}

function bitsOf(address: Address): number {
  return address instanceof ipaddr.IPv4 ? 32 : 128;
}
