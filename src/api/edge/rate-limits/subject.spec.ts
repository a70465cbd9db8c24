import { limitClassOf, subjectOfAddress, subjectOfName } from './subject';

it.each([
  ['/api/pbx/calls/click-to-call', '/api/pbx/calls/click-to-call?x=1', 'click_to_call'],
  ['/api/pbx/extensions/:ext', '/api/pbx/extensions/1001', 'pbx'],
  ['/api/platform/tenants', '/api/platform/tenants', 'pbx'],
  ['/api/auth/login', '/%61pi/auth/login', 'login'],
  ['/api/auth/tokens', '/api/auth/tokens?page=2', 'auth'],
  [undefined, '/api/auth/login', 'auth'],
  [undefined, '/api/auth?x', 'auth'],
  [undefined, '/api/authors', 'pbx'],
  [undefined, '/api/nothing', 'pbx'],
] as const)('the route %s, asked for as %s, is limited as %s', (route, url, expected) => {
  expect(limitClassOf(route, url)).toBe(expected);
});

it.each([
  ['192.0.2.7', 'address:192.0.2.7'],
  ['::ffff:192.0.2.7', 'address:192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', 'address:2001:db8:1:2::/64'],
  ['2001:DB8:1:2:ffff::1', 'address:2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'address:fe80::/64'],
  ['', 'address:unknown'],
])('the address %s is counted as %s', (address, expected) => {
  expect(subjectOfAddress(address)).toBe(expected);
});

it('a name is counted without being shown', () => {
  expect(subjectOfName('alice')).not.toBe(subjectOfName('alicf'));
  expect(subjectOfName('alice')).toMatch(/^name:[0-9a-f]{64}$/);
});
