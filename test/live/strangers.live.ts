import { describeLive, DOMAIN, type Site } from './site';
import { Softphone } from './softphone';
import { Strangers } from './sipp';
import { eventually } from './waiting';

const CALLS = 19;
/** So many a second must cost nobody a call; so many more are what docs/guides/firewall.md is for, and are only measured. */
const [BORNE, MEASURED] = [150, 400];
/** A stranger's session stays for ten seconds: after so many there are nearly as many as there will be. */
const SETTLED_S = 8;
/** Where the processor is full, calls take long: no more are begun after this. */
const CALLING_MS = 60_000;
const STATUS = /(\d+) session\(s\) - peak (\d+)/;

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

  const sessions = async (): Promise<{ now: number; peak: number }> => {
    const [, now, peak] = STATUS.exec(await site().freeswitch.api('status')) ?? [];
    return { now: Number(now), peak: Number(peak) };
  };

  /** Which of the calls of 9101 to 9102 fail while so many strangers call. */
  async function callsBeside(perSecond: number): Promise<unknown[]> {
    const [caller] = phones;
    if (!caller) throw new Error('not begun');
    strangers = await Strangers.start(site().freeswitch.sipPort, DOMAIN, perSecond);
    const settled = async (): Promise<boolean> => (await sessions()).now > perSecond * SETTLED_S;
    // A processor that is full never gets so far: then what there is.
    await eventually('sessions of strangers', settled, 30_000).catch(() => null);
    const [failed, took]: [unknown[], number[]] = [[], []];
    const end = performance.now() + CALLING_MS;
    for (let made = 0; made < CALLS && performance.now() < end; made++) {
      const began = performance.now();
      const call = await caller.call('9102').catch(() => 'no answer');
      took.push(Math.round(performance.now() - began));
      if (typeof call === 'object') await call.hangUp();
      else failed.push(call);
    }
    const { now, peak } = await sessions();
    site().findings.note(`${perSecond}/s: sessions now, at most`, `${now}, ${peak}`);
    site().findings.note(
      `${perSecond}/s: failed of ${took.length} calls`,
      `${failed.length}: ${failed.join(' ')}`,
    );
    took.sort((one, other) => one - other);
    site().findings.note(`${perSecond}/s: ms to answer`, `${took[0]} to ${took.at(-1)}`);
    check(`${perSecond} strangers a second: they still called`, strangers.calling, true);
    await strangers.stop();
    if (took.length < CALLS) failed.push(`${CALLS - took.length} not begun in time`);
    return failed;
  }

  beforeAll(async () => {
    await phone('9101');
    await phone('9102');
  });
  afterAll(async () => {
    await strangers?.stop();
    for (const each of phones) each.close();
  });

  it('take no session from those who have one', async () => {
    check(`of ${CALLS} calls failed`, await callsBeside(BORNE), []);
  });

  it('are counted where there are more, without the rules of a firewall', async () => {
    await callsBeside(MEASURED);
  }, 240_000);
});

describeLive('a node that is full', { phones: 0, freeswitch: { MAX_LEGS: '3' } }, (site) => {
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
    for (const phone of phones) phone.close();
  });
});

describeLive('a node that is busy', { phones: 0, freeswitch: { CALLS_PER_SECOND: '1' } }, (site) => {
  it('answers 503 to what is more than its calls in a second', async () => {
    const account = await site().extension('9211', { max_concurrent: 10 });
    const phone = await Softphone.create(site().freeswitch.sipPort, account);
    const calls = await Promise.all(Array.from({ length: 8 }, () => phone.call('9999')));
    site().findings.note('eight calls at once, of one a second', JSON.stringify(calls));
    site().check('their answers', [...new Set(calls)].sort(), [404, 503]);
    phone.close();
  });
});
