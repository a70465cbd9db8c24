import { RawPhone } from './raw-phone';
import { type OutgoingCall, ScriptedPhone } from './scripted-phone';
import { at, describeLive, DOMAIN, OTHER_DOMAIN, type Site } from './site';
import { type Account } from './sipp';
import { Softphone } from './softphone';
import { eventually } from './waiting';

const DEVICES = 4;
const LEGS = 24;
/** On each of two extensions. */
const CONTACTS = 93;
const CALLS = 7;
const OTHERS_CALLS = 18;
const RINGS_S = 12;

describeLive(
  'many phones and calls of one tenant',
  {
    phones: 0,
    freeswitch: { RING_SECONDS: String(RINGS_S) },
    limits: ['--max-devices', String(DEVICES), '--max-legs', String(LEGS)],
  },
  (site) => {
    const check: Site['check'] = (...finding) => site().check(...finding);
    const many = { max_concurrent: 10 };
    const open: { close: () => void }[] = [];
    let called: Account[] = [];
    let rings: RawPhone;

    const legsOf = async (domain: string): Promise<number> =>
      Number(await site().freeswitch.api(`limit_usage hash ${domain} legs`));
    const softphone = async (number: string): Promise<Softphone> => {
      const account = await site().extension(number, {}, OTHER_DOMAIN);
      const phone = await Softphone.create(site().freeswitch.sipPort, account);
      open.push(phone);
      expect(await phone.register()).toBe(200);
      return phone;
    };
    const scripted = async (): Promise<ScriptedPhone> => {
      const phone = await ScriptedPhone.create(site().freeswitch.sipPort);
      open.push(phone);
      return phone;
    };

    beforeAll(async () => {
      called = [await site().extension('9301', many), await site().extension('9302', many)];
      rings = await RawPhone.udp(site().freeswitch.sipPort);
      rings.answersWith = 180;
      open.push(rings);
    });
    afterAll(() => open.forEach((each) => each.close()));

    it('an extension keeps its newest devices', async () => {
      for (const account of called) {
        for (let index = 0; index < CONTACTS; index++) {
          const contact = `<sip:${account.number}-${index}@${rings.contact}>`;
          const headers = ['Expires: 300'];
          expect(await rings.request({ method: 'REGISTER', account, contact, headers })).toBe(200);
        }
      }
      for (const account of called) {
        const few = async (): Promise<boolean> => (await site().contactsOf(account)) === DEVICES;
        await eventually(`contacts of ${account.number}`, few);
        const list = await site().freeswitch.api(
          `sofia status profile internal user ${account.number}.${DOMAIN}@${DOMAIN}`,
        );
        const kept = [...list.matchAll(/<sip:\d+-(\d+)@/g)].map(([, index]) => Number(index));
        const newest = Array.from({ length: DEVICES }, (_, index) => CONTACTS - DEVICES + index);
        check(`left of ${CONTACTS} contacts of ${account.number}`, kept.sort(), newest);
      }
      const { body } = await site().api('GET', '/extensions/9301/diagnosis');
      const { verdict } = body.data as { verdict: { summary: string } };
      expect(verdict.summary).toMatch(/9301 had \d+ devices, of 4 that are allowed/);
    });

    it('its calls take no more legs than it may have, and none of another tenant', async () => {
      const callers = [await site().extension('9303', many), await site().extension('9304', many)];
      const mine = await scripted();
      const calls: Promise<OutgoingCall>[] = [];
      for (let index = 0; index < CALLS; index++) {
        const call = mine.call(at(callers, index % 2), at(called, index % 2).number);
        calls.push(call);
        const legs = Math.min(LEGS, (index + 1) * (1 + DEVICES));
        if (index * (1 + DEVICES) < LEGS)
          await eventually(`${legs} legs`, async () => (await legsOf(DOMAIN)) === legs);
        else check(`call ${index + 1}`, (await call).status, 503);
      }
      const [first] = [await softphone('9401'), await softphone('9402')];
      const refused: number[] = [];
      for (let made = 0; made < OTHERS_CALLS; made++) {
        const call = await first.call('9402');
        if (typeof call === 'number') refused.push(call);
        else await call.hangUp();
      }
      check(`of ${OTHERS_CALLS} calls of another tenant refused`, refused, []);
      check('legs of the first meanwhile', await legsOf(DOMAIN), LEGS);
      check(
        'those that rang',
        [...new Set((await Promise.all(calls)).map(({ status }) => status))],
        [480, 503],
      );
      await site().quiet();
      check('legs left', [await legsOf(DOMAIN), await legsOf(OTHER_DOMAIN)], [0, 0]);
    });
  },
);
