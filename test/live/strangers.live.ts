import { describeLive, DOMAIN, type Site } from './site';
import { Softphone } from './softphone';
import { Strangers } from './sipp';
import { eventually } from './waiting';

const CALLS = 19;
const PER_SECOND = 150;
/** More than FreeSWITCH has by itself in a second: the old ones are there still while new ones come. */
const SESSIONS_BEFORE = 300;

describeLive('strangers who call without a password', { phones: 0 }, (site) => {
  const check: Site['check'] = (...finding) => site().check(...finding);
  const phones: Softphone[] = [];
  let strangers: Strangers | undefined;

  async function phone(number: string): Promise<Softphone> {
    const account = await site().extension(number, { max_concurrent: 5 });
    const made = await Softphone.create(site().freeswitch.sipPort, account);
    phones.push(made);
    expect(await made.register()).toBe(200);
    return made;
  }

  const sessions = async (): Promise<number> =>
    Number(/(\d+) session\(s\) - peak/.exec(await site().freeswitch.api('status'))?.[1] ?? 0);

  afterAll(async () => {
    await strangers?.stop();
    for (const each of phones) each.close();
  });

  it('take no session from those who have one', async () => {
    const [caller] = [await phone('9101'), await phone('9102')];
    strangers = await Strangers.start(site().freeswitch.sipPort, DOMAIN, PER_SECOND);
    await eventually('sessions of strangers', async () => (await sessions()) > SESSIONS_BEFORE);
    const refused: number[] = [];
    for (let made = 0; made < CALLS; made++) {
      const call = await caller.call('9102');
      if (typeof call === 'number') refused.push(call);
      else await call.hangUp();
    }
    site().findings.note(`sessions with ${PER_SECOND} strangers a second`, String(await sessions()));
    check('they still called', strangers.calling, true);
    check(`of ${CALLS} calls refused`, refused, []);
  });
});

describeLive(
  'a node that is full',
  { phones: 0, freeswitch: { MAX_LEGS: '3', CALLS_PER_SECOND: '3' } },
  (site) => {
    const check: Site['check'] = (...finding) => site().check(...finding);

    it('answers 503 to what is more than its legs, and rings on while there is room', async () => {
      const phones: Softphone[] = [];
      for (const number of ['9201', '9202', '9203', '9204']) {
        phones.push(await Softphone.create(site().freeswitch.sipPort, await site().extension(number)));
        expect(await phones.at(-1)?.register()).toBe(200);
      }
      const [first, , third] = phones as [Softphone, Softphone, Softphone, Softphone];
      const call = await first.call('9202');
      check('the first call: two legs', typeof call, 'object');
      check('the second: one leg too many', await third.call('9204'), 503);
      if (typeof call !== 'number') await call.hangUp();
      await site().quiet();
      const again = await third.call('9204');
      check('when there is room', typeof again, 'object');
      if (typeof again !== 'number') await again.hangUp();
      const many = await Promise.all(phones.map((phone) => phone.call('9999')));
      check('four calls in a second, of three', many.sort(), [404, 404, 404, 503]);
      for (const phone of phones) phone.close();
    });
  },
);
