import { SOFIA_EVENTS, SOFIA_FILTERS } from '../../src/freeswitch/sofia-events';
import { type EventLog } from './raw-esl';
import { RawPhone, type RawRequest } from './raw-phone';
import { describeLive, DOMAIN, type Site } from './site';
import { type Account } from './sipp';
import { eventually } from './waiting';

interface Attempt {
  result: string;
  request: string | null;
  asked_for: string | null;
  network_port: number;
  transport: string;
  expires: number | null;
}

/** The longest that the shipped profile lets a phone be registered. */
const GRANTED_S = 600;
const ATTEMPT = 'sofia::register_attempt';

describeLive('the events that are not asked for', { phones: 0 }, (site) => {
  const check: Site['check'] = (...finding) => site().check(...finding);
  const number = '6001';
  let account: Account;
  let phone: RawPhone;
  beforeAll(async () => {
    account = await site().extension(number);
    phone = await RawPhone.udp(site().freeswitch.sipPort);
  });
  afterAll(() => phone.close());

  const port = (): number => Number(/:(\d+)/.exec(phone.contact)?.[1]);
  const register = (expires: number, more: Partial<RawRequest> = {}): Promise<number> => {
    const contact = `<sip:${number}@${phone.contact}>`;
    return phone.request({ method: 'REGISTER', account, contact, headers: [`Expires: ${expires}`], ...more });
  };
  const newest = async (): Promise<Attempt | undefined> => {
    const { body } = await site().api('GET', `/extensions/${number}/diagnosis`);
    return (body.data as { evidence: { attempts: Attempt[] } }).evidence.attempts[0];
  };
  const subclasses = (log: EventLog): string[] =>
    log.events.map((event) =>
      [event['Event-Subclass'], event['auth-result'], event.expires].filter(Boolean).join(' '),
    );

  /** Every way in which a phone can try, and what the last of its attempts is then known to be. */
  const TRIES: [what: string, act: () => Promise<number>, status: number, seen: Partial<Attempt>][] = [
    ['a REGISTER for an hour', () => register(3_600), 200, { result: 'accepted', expires: GRANTED_S }],
    ['one for five minutes', () => register(300), 200, { result: 'accepted', expires: 300 }],
    [
      'a wrong password',
      () => register(3_600, { account: { ...account, password: 'wrong-password' } }),
      403,
      { result: 'refused', request: 'REGISTER', expires: 3_600 },
    ],
    [
      'another domain',
      () => register(3_600, { to: `${number}@127.0.0.1`, from: `${number}@127.0.0.1` }),
      200,
      { result: 'accepted', asked_for: `${number}@127.0.0.1`, expires: GRANTED_S },
    ],
    [
      'a call',
      () => phone.call(account, '6002'),
      404,
      { result: 'accepted', asked_for: `6002@${DOMAIN}`, expires: 300 },
    ],
    ['its end', () => register(0), 200, { result: 'accepted', expires: 0 }],
  ];

  it.each(['in the first session', 'after a reconnect'])(
    'nothing that was tried is missed, %s',
    async (when) => {
      if (when === 'after a reconnect') {
        const registered = (await site().statusOf(number)) === 'registered';
        check('nothing is left of the first session', registered, false);
        await site().freeswitch.restart();
        await site().app.reachesNodes(2);
      }
      for (const [what, act, status, seen] of TRIES) {
        check(`${what}, ${when}`, await act(), status);
        const expected = expect.objectContaining({ network_port: port(), ...seen }) as unknown;
        const found = await eventually(what, async () => {
          const attempt = await newest();
          return (
            Object.entries(seen).every(([key, value]) => attempt?.[key as keyof Attempt] === value) && attempt
          );
        }).catch(newest);
        site().findings.note(`${what}: what is known`, JSON.stringify(found));
        expect(found).toEqual(expected);
      }
    },
    120_000,
  );

  it('FreeSWITCH sends one event of a REGISTER, and all others as without filters', async () => {
    const { freeswitch } = site();
    const names = `CUSTOM ${SOFIA_EVENTS.join(' ')}`;
    const everything = await freeswitch.events(names);
    const filtered = await freeswitch.events(names, SOFIA_FILTERS);
    for (const [, act] of TRIES) await act();
    await eventually('the last event', () => subclasses(filtered).includes('sofia::unregister 0'));
    await eventually('the last event', () => subclasses(everything).includes('sofia::unregister 0'));
    const missing = subclasses(everything);
    for (const each of subclasses(filtered)) missing.splice(missing.indexOf(each), 1);
    check('left out', missing, [`${ATTEMPT} RENEWED 3600`, `${ATTEMPT} RENEWED 3600`]);
    check('received', subclasses(filtered).length, subclasses(everything).length - 2);
    everything.close();
    filtered.close();
  });
});
