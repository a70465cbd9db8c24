import { RawPhone } from './raw-phone';
import { describeLive, DOMAIN, type Site } from './site';
import { type Account, type Phone } from './sipp';
import { eventually } from './waiting';

const MESSAGE_MS = 4_500;
/** A greeting is heard first. */
const GREETED_MS = 12_000;
/** Of commands, each a program of its own. */
const COMMANDS_MS = 300_000;
/** In the mailbox: the PIN, then the menu of settings, a greeting recorded and kept. */
const RECORD_GREETING = (pin: string): string => ` ${pin}#  5  1  1     #    `;
/** In the mailbox: the PIN, then the menu of settings, another PIN. */
const CHANGE_PIN = (pin: string, to: string): string => ` ${pin}#  5  6  ${to}#   `;

const OPTIONS = { phones: 2, freeswitch: { RING_SECONDS: '2' } };

describeLive('whose mailbox it is', OPTIONS, (site) => {
  const phone = (index: number): Phone => site().phone(index);
  const check: Site['check'] = (...finding) => site().check(...finding);
  let caller: Account;
  beforeAll(async () => {
    caller = await site().extension('6900', { display_name: 'Gọi' });
  });

  const box = (more: object = {}): object => ({ voicemail_enabled: true, voicemail_pin: '4711', ...more });

  /** What FreeSWITCH counts for whoever has the number: new:saved:urgent… */
  async function messages(number: string, domain = DOMAIN): Promise<string> {
    await site().quiet();
    const mailbox = (
      await site().freeswitch.api(`user_data ${number}@${domain} var dialplane_mailbox`)
    ).trim();
    // Without an answer FreeSWITCH says so.
    const box = mailbox.startsWith('-ERR') ? number : mailbox;
    return (await site().freeswitch.api(`vm_boxcount ${box}@${domain}|all`)).trim();
  }

  const leaveMessage = async (number: string, from = caller, ms = MESSAGE_MS): Promise<void> => {
    check(`a message for ${number}`, await phone(0).speak(from, number, ms), 200);
    await site().quiet();
  };

  /** Whether the PIN opens the mailbox: the one message there is deleted. */
  async function opens(owner: Account, pin: string): Promise<boolean> {
    await phone(0).press(owner, '*97', ` ${pin}#    7 `);
    return (await messages(owner.number, owner.domain)).startsWith('0:0');
  }

  const stored = async (): Promise<string[]> =>
    (await site().freeswitch.files('storage')).filter((file) => file.endsWith('.wav'));

  describe('the PIN', () => {
    it('is what the API says, and no telephone changes it', async () => {
      const owner = await site().extension('6011', box());
      await phone(0).press(owner, '*97', CHANGE_PIN('4711', '2222'));
      await leaveMessage('6011');
      check('a PIN set by telephone opens', await opens(owner, '2222'), false);
      check(
        'PUT voicemail_pin',
        (await site().api('PUT', '/extensions/6011', { voicemail_pin: '3333' })).status,
        200,
      );
      check('then that set by telephone opens', await opens(owner, '2222'), false);
      check('the one before opens', await opens(owner, '4711'), false);
      check('the new one opens', await opens(owner, '3333'), true);
      await leaveMessage('6011');
      await site().api('PUT', '/extensions/6011', { voicemail_pin: null });
      check('without a PIN the last one opens', await opens(owner, '3333'), false);
    });

    it('is not the SIP password', async () => {
      const owner = await site().extension('6013', box({ sip_password: '90817263' }));
      await leaveMessage('6013');
      check('a SIP password of digits opens', await opens(owner, '90817263'), false);
    });

    it('is not in what is told of the call', async () => {
      const owner = await site().extension('6014', box());
      const log = await site().freeswitch.events('CHANNEL_HANGUP_COMPLETE');
      await phone(0).press(owner, '*97', ' 4711# ');
      const ended = await eventually('the end of the call', () => log.events[0]);
      log.close();
      check('digits_dialed', ended.variable_digits_dialed, 'XXXXX');
      check('the PIN anywhere', JSON.stringify(ended).includes('4711#'), false);
    });
  });

  describe('a new owner of the number', () => {
    it('finds an empty mailbox, whatever the last one left', async () => {
      const first = await site().extension('6012', box());
      await phone(0).press(first, '*97', RECORD_GREETING('4711'));
      check('the greeting is kept', (await stored()).filter((file) => file.includes('greeting_1')).length, 1);
      await phone(0).press(first, '*97', CHANGE_PIN('4711', '2222'));
      await leaveMessage('6012', caller, GREETED_MS);
      check('messages of the first', await messages('6012'), '1:0:0:0');
      check('delete', (await site().api('DELETE', '/extensions/6012')).status, 200);
      check(
        'files left',
        (await stored()).filter((file) => file.includes('/6012')),
        [],
      );
      const second = await site().extension('6012', box({ voicemail_pin: '5908' }));
      check('messages of the second', await messages('6012'), '0:0:0:0');
      await leaveMessage('6012');
      check("the first one's PIN opens", await opens(second, '2222'), false);
      check('nor the other', await opens(second, '4711'), false);
      check('messages', await messages('6012'), '1:0:0:0');
    });

    it('leaves nothing to the one that is restored', async () => {
      await site().extension('6015', box());
      await leaveMessage('6015');
      await site().api('DELETE', '/extensions/6015');
      const restored = await site().api('POST', '/extensions/6015/restore');
      check('restore', restored.status, 200);
      check('messages after it', await messages('6015'), '0:0:0:0');
      await site().api('DELETE', '/extensions/6015');
      await site().extension('6015', box());
      await leaveMessage('6015');
      check('messages of the next', await messages('6015'), '1:0:0:0');
      await site().api('DELETE', '/extensions/6015');
      check(
        'files left',
        (await stored()).filter((file) => file.includes('/6015')),
        [],
      );
    });

    it(
      'of a domain that another tenant had finds nothing of it',
      async () => {
        const domain = 'again.test';
        const made = await site().app.cli('operator', 'create', '--username', 'operator.live');
        const login = { username: 'operator.live', password: made.password };
        const operator = String((await site().app.send('', 'POST', '/auth/login', login)).body.token);
        const extension = async (token: string): Promise<Account> => {
          const given = { extension_number: '6016', ...box() };
          const { body } = await site().app.request(token, 'POST', '/extensions', given);
          return { number: '6016', domain, password: (body.data as { sip_password: string }).sip_password };
        };
        const before = await site().app.tenant(domain);
        const first = await extension(before);
        await leaveMessage('6016', first);
        check('messages of the first', await messages('6016', domain), '1:0:0:0');
        await site().app.request(before, 'DELETE', '/extensions/6016');
        const found = await site().app.send(operator, 'GET', `/platform/tenants?search=${domain}`);
        const [{ id } = { id: 0 }] = found.body.data as { id: number }[];
        await eventually('the tenant is removed', async () => {
          const { status } = await site().app.send(operator, 'DELETE', `/platform/tenants/${id}`);
          return status === 200;
        });
        const second = await extension(await site().app.tenant(domain));
        check('messages of the second', await messages('6016', domain), '0:0:0:0');
        check(
          'files left',
          (await stored()).filter((file) => file.includes(domain)),
          [],
        );
        await leaveMessage('6016', second);
        check('messages of the second, with one', await messages('6016', domain), '1:0:0:0');
      },
      COMMANDS_MS,
    );
  });

  describe('the lamp', () => {
    const lampOf = ({ received }: RawPhone): (string | undefined)[] =>
      received.flatMap((text) => /^Messages-Waiting: (\w+)/m.exec(text)?.[1] ?? []);

    it('is off with the mailbox, also at the next registration, and on again with it', async () => {
      const owner = await site().extension('6017', box());
      const lamp = await RawPhone.udp(site().freeswitch.sipPort);
      // Else every NOTIFY comes again and again.
      lamp.answersWith = 480;
      await lamp.register(owner);
      const told = (count: number): Promise<unknown> =>
        eventually(`lamp told ${count} times`, () => lampOf(lamp).length >= count && lampOf(lamp));
      await told(1);
      await leaveMessage('6017');
      check('with a message', await told(2), ['no', 'yes']);
      await site().api('PUT', '/extensions/6017', { voicemail_enabled: false });
      check('mailbox off', await told(3), ['no', 'yes', 'no']);
      // FreeSWITCH tells a phone once in 30 s only; a switch that starts has told nobody yet.
      await site().freeswitch.restart();
      await lamp.register(owner);
      check('at the next registration', (await told(4)) && lampOf(lamp).slice(3).includes('yes'), false);
      const before = lampOf(lamp).length;
      await eventually('the node is reached again', async () => {
        const { body } = await site().api('GET', '/extensions/6017');
        return (body.data as { sip_registration?: string }).sip_registration === 'registered';
      });
      await site().api('PUT', '/extensions/6017', { voicemail_enabled: true });
      await told(before + 1);
      check('mailbox on again', lampOf(lamp).at(-1), 'yes');
      lamp.close();
    });
  });
});
