import { describeLive, DOMAIN, type Site } from './site';
import { type Call, Softphone } from './softphone';
import { eventually } from './waiting';

type Mode = 'none' | 'inbound' | 'outbound' | 'all';
/** The caller, who was called and transfers or is transferred, and who is on the call afterwards. */
type Three = [Softphone, Softphone, Softphone];

interface Talk {
  caller: Call;
  called: Call;
}

const KINDS = ['attended', 'blind, by who was called', 'blind, by the caller'] as const;
type Kind = (typeof KINDS)[number];

describeLive(
  'what follows the people when a call is transferred',
  { phones: 0, freeswitch: { RING_SECONDS: '4' } },
  (site) => {
    const check: Site['check'] = (...finding) => site().check(...finding);
    const open: Softphone[] = [];
    let next = 6_100;

    afterEach(async () => {
      for (const phone of open.splice(0)) {
        for (const call of phone.calls) await call.hangUp();
        phone.close();
      }
      await site().quiet();
    });

    async function phone(more: object = {}): Promise<Softphone> {
      const account = await site().extension(String(next++), more);
      const made = await Softphone.create(site().freeswitch.sipPort, account);
      open.push(made);
      expect(await made.register()).toBe(200);
      return made;
    }

    const three = async (modes: Mode[]): Promise<Three> => {
      const of = (index: number): object => ({
        recording_mode: modes[index],
        max_concurrent: index === 1 ? 2 : 1,
      });
      return [await phone(of(0)), await phone(of(1)), await phone(of(2))];
    };

    async function talk(from: Softphone, to: Softphone): Promise<Talk> {
      const caller = await from.call(to.account.number);
      if (typeof caller === 'number') throw new Error(`the call was refused: ${caller}`);
      return { caller, called: await to.called() };
    }

    async function ofEachLeg(command: (uuid: string) => string): Promise<string[]> {
      const { rows = [] } = JSON.parse(await site().freeswitch.api('show channels as json')) as {
        rows?: { uuid: string }[];
      };
      return Promise.all(rows.map(({ uuid }) => site().freeswitch.api(command(uuid))));
    }

    /** Resolves when each leg holds the place of its own extension, and of nobody else's. */
    async function begun(): Promise<void> {
      await eventually('the conversations have begun', async () => {
        const rings = await ofEachLeg((uuid) => `uuid_getvar ${uuid} dialplane_rings`);
        return rings.every((number) => number.trim() === '_undef_');
      });
    }

    const counted = (phones: Three): Promise<number[]> =>
      Promise.all(
        phones.map(async ({ account }) =>
          Number(await site().freeswitch.api(`limit_usage hash ${DOMAIN} ${account.number}`)),
        ),
      );

    async function countedWithin(phones: Three, wanted: number[]): Promise<number[]> {
      const reached = eventually(
        'the counts',
        async () => String(await counted(phones)) === String(wanted) && wanted,
      );
      return reached.catch(() => counted(phones));
    }

    /** Of how many legs what is said is being written into a file. */
    async function recorded(): Promise<number> {
      const bugs = await ofEachLeg((uuid) => `uuid_buglist ${uuid}`);
      return bugs.filter((bug) => bug.includes('session_record')).length;
    }

    async function recordedWithin(wanted: number): Promise<number> {
      return eventually('the recordings', async () =>
        (await recorded()) === wanted ? String(wanted) : false,
      )
        .then(Number)
        .catch(recorded);
    }

    /** Puts the third one into the place of the second, or of the first when the caller transfers. */
    async function transfer(kind: Kind, phones: Three, { caller, called }: Talk): Promise<number> {
      const [, second, third] = phones;
      if (kind === 'blind, by the caller') return caller.transfer(third.account.number);
      if (kind === 'blind, by who was called') return called.transfer(third.account.number);
      const consultation = await talk(second, third);
      await begun();
      check('counted in a consultation', await countedWithin(phones, [1, 2, 1]), [1, 2, 1]);
      return called.transfer(consultation.caller);
    }

    it.each(KINDS)('limits: %s', async (kind) => {
      const phones = await three(['none', 'none', 'none']);
      const call = await talk(phones[0], phones[1]);
      check(`${kind}: counted before`, await countedWithin(phones, [1, 1, 0]), [1, 1, 0]);
      check(`${kind}: who transfers hears`, await transfer(kind, phones, call), 200);
      const after = kind === 'blind, by the caller' ? [0, 1, 1] : [1, 0, 1];
      check(`${kind}: counted after`, await countedWithin(phones, after), after);
      const gone = kind === 'blind, by the caller' ? call.caller : call.called;
      check(`${kind}: who transferred is out`, await eventually('BYE', () => gone.over), true);
      const [, , third] = phones;
      check(`${kind}: another call to who talks now`, await (await phone()).call(third.account.number), 486);
      await (kind === 'blind, by the caller' ? call.called : call.caller).hangUp();
      check(`${kind}: counted at the end`, await countedWithin(phones, [0, 0, 0]), [0, 0, 0]);
    });

    it('limits: attended, by a phone that waits for nothing', async () => {
      const phones = await three(['none', 'none', 'none']);
      const [first, second, third] = phones;
      const { called } = await talk(first, second);
      const consultation = await talk(second, third);
      check('at once: who transfers hears', await called.transfer(consultation.caller), 200);
      check('at once: counted after', await countedWithin(phones, [1, 0, 1]), [1, 0, 1]);
    });

    // Whom the three want recorded; of how many legs there is a file being written before and after.
    it.each([
      ['attended', ['none', 'all', 'none'], 1, 0],
      ['attended', ['none', 'none', 'all'], 0, 1],
      ['attended', ['all', 'none', 'none'], 1, 1],
      ['attended', ['all', 'all', 'all'], 1, 1],
      ['attended', ['inbound', 'none', 'outbound'], 0, 0],
      ['blind, by who was called', ['none', 'all', 'none'], 1, 0],
      ['blind, by who was called', ['none', 'none', 'inbound'], 0, 1],
      ['blind, by who was called', ['outbound', 'none', 'none'], 1, 1],
      ['blind, by the caller', ['all', 'none', 'none'], 1, 0],
      ['blind, by the caller', ['none', 'inbound', 'none'], 1, 1],
      ['blind, by the caller', ['none', 'none', 'all'], 0, 1],
      ['blind, by the caller', ['all', 'all', 'all'], 1, 1],
    ] as [Kind, Mode[], number, number][])('recordings: %s, %j', async (kind, modes, before, after) => {
      const phones = await three(modes);
      const call = await talk(phones[0], phones[1]);
      check(`${kind}, ${modes.join('/')}: recorded before`, await recordedWithin(before), before);
      expect(await transfer(kind, phones, call)).toBe(200);
      const gone = kind === 'blind, by the caller' ? call.caller : call.called;
      await eventually('BYE', () => gone.over);
      check(`${kind}, ${modes.join('/')}: recorded after`, await recordedWithin(after), after);
    });

    describe('a transfer that is refused', () => {
      it.each([
        ['by who was called', 'a busy extension', 486],
        ['by the caller', 'a busy extension', 486],
        ['by who was called', 'an extension that is on its only call', 486],
        ['by who was called', 'an extension without a phone', 480],
        ['by who was called', 'an extension that does not answer', 480],
        ['by the caller', 'a number that does not exist', 404],
        ['by who was called', 'a number that does not exist', 404],
      ])('%s to %s is told, and nobody is hung up on', async (who, where, status) => {
        const phones = await three(['all', 'none', 'none']);
        const [, , third] = phones;
        const call = await talk(phones[0], phones[1]);
        await recordedWithin(1);
        let to = third.account.number;
        let thirds = 0;
        if (where === 'a busy extension') third.answers = 486;
        if (where === 'an extension that does not answer') third.answers = 180;
        if (where === 'an extension that is on its only call') {
          await talk(await phone(), third);
          thirds = 1;
        }
        if (where === 'an extension without a phone') to = (await site().extension(String(next++))).number;
        if (where === 'a number that does not exist') to = '69999';
        const transferor = who === 'by the caller' ? call.caller : call.called;
        check(`${who}, to ${where}: NOTIFY`, await transferor.transfer(to), status);
        check(`${who}, to ${where}: counted`, await countedWithin(phones, [1, 1, thirds]), [1, 1, thirds]);
        check(`${who}, to ${where}: recorded again`, await recordedWithin(1), 1);
        check(`${who}, to ${where}: hung up on`, call.caller.over || call.called.over, false);
      });

      it('is done when a mailbox takes the call', async () => {
        const phones = await three(['none', 'none', 'none']);
        const call = await talk(phones[0], phones[1]);
        await site().api('PUT', `/extensions/${phones[2].account.number}`, { voicemail_enabled: true });
        phones[2].answers = 486;
        check('to a mailbox: NOTIFY', await call.called.transfer(phones[2].account.number), 200);
        check('to a mailbox: who transferred is out', await eventually('BYE', () => call.called.over), true);
        check('to a mailbox: counted', await countedWithin(phones, [1, 0, 0]), [1, 0, 0]);
        check('to a mailbox: the caller is there', call.caller.over, false);
      });
    });
  },
);
