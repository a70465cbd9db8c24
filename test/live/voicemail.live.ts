import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawPhone } from './raw-phone';
import { describeLive, type Site } from './site';
import { type Account, type Phone } from './sipp';
import { eventually } from './waiting';

const MESSAGE_MS = 4_500;
let folder = '';

/** A header's text of which words are encoded (RFC 2047). */
function decoded(header: string): string {
  const word = /=\?UTF-8\?B\?([A-Za-z0-9+/=]*)\?=(?: (?==\?))?/g;
  return header.replace(word, (_all, text: string) => Buffer.from(text, 'base64').toString());
}

/** Stands for sendmail: notes what it is called with, and what it is given. */
async function fakeMailer(): Promise<string> {
  folder = await mkdtemp(join(tmpdir(), 'live-mail-'));
  const program = join(folder, 'mailer');
  await writeFile(program, `#!/bin/sh\n{ echo "CALLED $*"; cat; } >> ${folder}/mails\n`);
  await chmod(program, 0o755);
  return program;
}

const options = async (): Promise<object> => ({
  phones: 3,
  freeswitch: { MAILER: await fakeMailer(), VOICEMAIL_FROM: 'box@calls.test', RING_SECONDS: '2' },
});

describeLive('voicemail', options, (site) => {
  const phone = (index: number): Phone => site().phone(index);
  const check: Site['check'] = (...finding) => site().check(...finding);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const count = (number: string, which: string): Promise<string> => site().messagesOf(number, which);

  /** New and saved messages, once all calls are over. */
  async function messages(number: string): Promise<string> {
    await site().quiet();
    return `${await count(number, 'new')} new, ${await count(number, 'saved')} saved`;
  }

  const mails = async (): Promise<string> => readFile(join(folder, 'mails'), 'utf8').catch(() => '');

  describe('enabled', () => {
    let owner: Account;
    let caller: Account;
    beforeAll(async () => {
      const box = { voicemail_enabled: true, voicemail_pin: '4321', voicemail_email: 'an.ng+vm@mail.test' };
      owner = await site().extension('4001', box);
      caller = await site().extension('4002', { display_name: 'Gọi' });
    });

    it('takes the call that nobody answers', async () => {
      check('offline: the call', await phone(0).speak(caller, '4001', MESSAGE_MS), 200);
      check('offline: mailbox', await messages('4001'), '1 new, 0 saved');
      await phone(1).register(owner);
      const busy = await phone(1).listen('busy');
      check('busy: the call', await phone(0).speak(caller, '4001', MESSAGE_MS), 200);
      check('busy: mailbox', await messages('4001'), '2 new, 0 saved');
      await busy.hangUp();
      const rings = await phone(1).listen('ring');
      check('unanswered: the call', await phone(0).speak(caller, '4001', MESSAGE_MS), 200);
      check('unanswered: mailbox', await messages('4001'), '3 new, 0 saved');
      await rings.hangUp();
      await phone(1).unregister(owner);
    });

    it('mails to the address', async () => {
      const mail = await eventually('three mails', async () => {
        const all = await mails();
        return all.split('CALLED ').length === 4 && all;
      });
      const [, first = ''] = mail.split('CALLED ');
      const header = (name: string): string | undefined =>
        new RegExp(`^${name}: (.*)$`, 'mi').exec(first.split('\n\n')[0] ?? '')?.[1];
      check('called with', first.split('\n')[0], '-f box@calls.test an.ng+vm@mail.test');
      check('From', header('From'), 'box@calls.test');
      check('To', header('To'), 'an.ng+vm@mail.test');
      check('Subject', decoded(header('Subject') ?? ''), 'Voicemail from Gọi 4002');
      check('Subject is ASCII', /^[ -~]+$/.test(header('Subject') ?? ''), true);
      const date = header('Date') ?? '';
      check('Date as mail has it', /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$/.test(date), true);
      check('Date is now', Math.abs(Date.now() - Date.parse(date)) < 180_000, true);
      check('a text in UTF-8', /^Content-Type: text\/plain; charset=UTF-8$/m.test(first), true);
      check('says who and for whom', /^Voicemail for 4001 from Gọi 4002, 00:00:0\d\.$/m.test(first), true);
      check('with the message', /filename="msg_[\w-]+\.wav"/.test(first), true);
    });

    it('takes the call when the extension has as many as it may', async () => {
      const one = await site().extension('4003', { voicemail_enabled: true, max_concurrent: 1 });
      await phone(2).register(one);
      const called = await phone(2).listen();
      const first = phone(0).call(caller, '4003', MESSAGE_MS + 2_000);
      await eventually('the first call', () => called.invited());
      check('at its limit: the call', await phone(1).speak(caller, '4003', MESSAGE_MS), 200);
      await first;
      await called.hangUp();
      check('at its limit: mailbox', await messages('4003'), '1 new, 0 saved');
    });

    it('lights the lamp of the phone', async () => {
      const box = await site().extension('4008', { voicemail_enabled: true });
      await phone(0).speak(caller, '4008', MESSAGE_MS);
      check('before any phone: mailbox', await messages('4008'), '1 new, 0 saved');
      const lamp = await RawPhone.udp(site().freeswitch.sipPort);
      await lamp.register(box);
      const told = (what: string): Promise<string> =>
        eventually(`NOTIFY ${what}`, () => lamp.received.find((text) => text.includes(what)));
      const first = await told('Voice-Message: 1/0');
      check('at registration', /^Messages-Waiting: \w+/m.exec(first)?.[0], 'Messages-Waiting: yes');
      await phone(0).speak(caller, '4008', MESSAGE_MS);
      const next = await told('Voice-Message: 2/0');
      check('after one more', /^Messages-Waiting: \w+/m.exec(next)?.[0], 'Messages-Waiting: yes');
      lamp.close();
    });

    it('opens the mailbox with the PIN only', async () => {
      check('wrong PIN: the call', await phone(0).press(owner, '*97', ' 1111#  7'), 200);
      check('wrong PIN: mailbox', await messages('4001'), '3 new, 0 saved');
      check('right PIN: the call', await phone(0).press(owner, '*97', ' 4321#  7'), 200);
      check('right PIN, one deleted: mailbox', await messages('4001'), '2 new, 0 saved');
      check('without a mailbox', await phone(0).call(caller, '*97'), 404);
    });
  });

  it('takes no address that a shell could read', async () => {
    const proof = join(folder, 'proof');
    await site().extension('4004', { voicemail_enabled: true });
    for (const voicemail_email of [`x\`touch\${IFS}${proof}\`@mail.test`, "o'brien@mail.test"]) {
      const { status } = await site().api('PUT', '/extensions/4004', { voicemail_email });
      check(`${voicemail_email.slice(0, 10)}…`, status, 422);
    }
    const caller = await site().extension('4005');
    check('a call to it', await phone(0).speak(caller, '4004', MESSAGE_MS), 200);
    check('mailbox', await messages('4004'), '1 new, 0 saved');
    check('commands run', existsSync(proof), false);
  });

  it('disabled, leaves busy busy and no answer no answer', async () => {
    const [callee, caller] = [await site().extension('4006'), await site().extension('4007')];
    check('disabled, offline', await phone(0).call(caller, '4006'), 480);
    await phone(1).register(callee);
    const busy = await phone(1).listen('busy');
    check('disabled, busy', await phone(0).call(caller, '4006'), 486);
    await busy.hangUp();
    const rings = await phone(1).listen('ring');
    check('disabled, unanswered', await phone(0).call(caller, '4006'), 480);
    await rings.hangUp();
    check('mailbox', await messages('4006'), '0 new, 0 saved');
  });
});
