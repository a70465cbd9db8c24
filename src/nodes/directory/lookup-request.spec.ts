import { readLookup } from './lookup-request';

const USER = { section: 'directory', key: 'id', user: '1001', domain: 'a.test' };

it.each([
  [{ action: 'sip_auth', sip_via_protocol: 'udp' }, true],
  [{ action: 'sip_auth', sip_via_protocol: 'tcp' }, true],
  [{ action: 'sip_auth', sip_via_protocol: 'ws' }, true],
  [{ action: 'sip_auth', sip_via_protocol: ['tls', 'udp'] }, true],
  [{ action: 'sip_auth' }, true],
  [{ action: 'sip_auth', sip_via_protocol: 'tls' }, false],
  [{ action: 'sip_auth', sip_via_protocol: 'wss' }, false],
  [{ action: 'user_call' }, false],
  [{}, false],
])('a phone wants in over plain SIP: %j is %j', (form, unencrypted) => {
  expect(readLookup({ ...USER, ...form })).toEqual({
    kind: 'user',
    number: '1001',
    domain: 'a.test',
    realm: 'a.test',
    unencrypted,
  });
});

const HIDES = {
  ...USER,
  domain: 'anonymous.invalid',
  action: 'sip_auth',
  sip_auth_method: 'INVITE',
  sip_to_host: 'a.test',
};

it('a caller who hides is looked for where it dials', () => {
  const found = { kind: 'user', number: '1001', domain: 'a.test', realm: 'anonymous.invalid' };
  expect(readLookup(HIDES)).toMatchObject(found);
});

it.each([
  { sip_auth_method: 'REGISTER' },
  { sip_auth_method: 'MESSAGE' },
  { sip_auth_method: undefined },
  { action: 'user_call' },
  { action: undefined },
  { sip_to_host: '127.0.0.1:5060' },
  { sip_to_host: ['a.test', 'b.test'] },
  { sip_to_host: undefined },
  { sip_to_host: 'anonymous.invalid' },
  { domain: 'anonymous.invalid.' },
])('and only when it calls: %j', (form) => {
  expect(readLookup({ ...HIDES, ...form })).toEqual({ kind: 'none' });
});

it('a group may have any name that a team may have', () => {
  const group = '👩‍💼'.repeat(33);
  const form = { section: 'directory', action: 'group_call', group, domain: 'a.test' };
  expect(readLookup(form)).toEqual({ kind: 'group', group, domain: 'a.test' });
});
