import { EventFilters } from '../../test/fake-freeswitch/event-filters';
import { type EslEvent } from './esl-connection';
import { readAcceptedRegister, readAttempt, SOFIA_EVENTS, SOFIA_FILTERS } from './sofia-events';

const filters = new EventFilters();
for (const { header, value } of SOFIA_FILTERS) filters.change(`${header} ${value}`);

const received = (event: EslEvent): boolean => filters.pass(Object.entries(event));

/** As FreeSWITCH fires it for a REGISTER with the right password. */
const attempt: EslEvent = {
  'Event-Subclass': 'sofia::register_attempt',
  'profile-name': 'internal',
  'from-user': '1001',
  'from-host': 'pbx.test',
  contact: '"" <sip:1001@192.0.2.7:5062;transport=UDP>',
  status: 'Registered(UDP)',
  expires: '3600',
  'network-ip': '192.0.2.7',
  'network-port': '5062',
  username: '1001',
  realm: 'pbx.test',
  'user-agent': 'Phone/1',
  'auth-result': 'RENEWED',
};

const register: EslEvent = {
  ...attempt,
  'Event-Subclass': 'sofia::register',
  'from-user': '1001.pbx.test',
  'call-id': '1@192.0.2.7',
};

function without(event: EslEvent, ...names: string[]): EslEvent {
  return Object.fromEntries(Object.entries(event).filter(([name]) => !names.includes(name)));
}

describe('the filters', () => {
  it.each([
    ['a REGISTER', attempt],
    ['one without a nonce count', { ...attempt, 'auth-result': 'SUCCESS' }],
    ['one for five minutes and a second', { ...attempt, expires: '301' }],
  ])('leave out the accepted attempt of %s', (_what, event) => expect(received(event)).toBe(false));

  it.each([
    ['that is refused', { ...attempt, 'auth-result': 'FORBIDDEN' }],
    ['whose challenge is out of date', { ...attempt, 'auth-result': 'STALE' }],
    ['for a call', { ...attempt, 'from-user': '1002', expires: '300' }],
    ['for a call that rings for a minute', { ...attempt, 'from-user': '1002', expires: '60' }],
    ['that removes a contact', { ...attempt, expires: '0' }],
    ['that names no contact', { ...without(attempt, 'contact', 'expires'), status: 'Registered' }],
  ])('let through an attempt %s', (_what, event) => expect(received(event)).toBe(true));

  it.each(SOFIA_EVENTS.filter((subclass) => subclass !== 'sofia::register_attempt'))(
    'let through every %s',
    (subclass) => expect(received({ 'Event-Subclass': subclass })).toBe(true),
  );
});

describe('a REGISTER that was kept', () => {
  it.each([
    ['in its own domain', {}],
    ['in another', { 'from-host': '192.0.2.1' }],
  ])('says what its attempt said, %s', (_where, more) => {
    expect(readAcceptedRegister({ ...register, ...more })).toEqual(readAttempt({ ...attempt, ...more }));
  });

  it('is that only if it says whose password the phone knew', () => {
    expect(readAcceptedRegister(attempt)).toBeNull();
    expect(readAcceptedRegister(without(register, 'username'))).toBeNull();
  });
});
