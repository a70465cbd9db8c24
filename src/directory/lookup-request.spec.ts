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
    unencrypted,
  });
});

it('a group may have any name that a team may have', () => {
  const group = '👩‍💼'.repeat(33);
  const form = { section: 'directory', action: 'group_call', group, domain: 'a.test' };
  expect(readLookup(form)).toEqual({ kind: 'group', group, domain: 'a.test' });
});
