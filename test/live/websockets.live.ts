import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawPhone } from './raw-phone';
import { CONFIGURATION } from './real-freeswitch';
import { describeLive, type Site } from './site';
import { type Account } from './sipp';
import { eventually, freePort } from './waiting';

const folder = mkdtempSync(join(tmpdir(), 'live-websockets-'));
const urls = { ws: '', wss: '' };

/** The repository's configuration with a profile that listens for pages too. */
async function withBindings(): Promise<string> {
  const configuration = join(folder, 'conf');
  cpSync(CONFIGURATION, configuration, { recursive: true });
  const file = join(configuration, 'sip_profiles', 'internal.xml');
  const params = await Promise.all(
    (['ws', 'wss'] as const).map(async (scheme) => {
      const address = `127.0.0.1:${await freePort()}`;
      urls[scheme] = `${scheme}://${address}`;
      return `<param name="${scheme}-binding" value="${address}"/>`;
    }),
  );
  writeFileSync(file, readFileSync(file, 'utf8').replace('<settings>', `<settings>${params.join('')}`));
  return configuration;
}

const options = async (): Promise<object> => ({
  phones: 0,
  configuration: await withBindings(),
  freeswitch: { SIP_TLS_CERT_DIR: folder },
});

describeLive('phones in a page', options, (site) => {
  const check: Site['check'] = (...finding) => site().check(...finding);
  let trunk: RawPhone;
  let calls: RawPhone;
  let caller: Account;

  beforeAll(async () => {
    const { sipPort } = site().freeswitch;
    caller = await site().extension('3500');
    calls = await RawPhone.udp(sipPort);
    trunk = await RawPhone.udp(sipPort, undefined, '127.0.0.9');
    trunk.answersWith = 486;
  });
  afterAll(() => {
    calls.close();
    trunk.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['ws', '3501'],
    ['wss', '3502'],
  ] as const)('%s: registers and rings over its socket', async (scheme, number) => {
    const page = await RawPhone.webSocket(urls[scheme]);
    page.answersWith = 486;
    const account = await site().extension(number);
    check(`${scheme}: REGISTER`, await page.register(account), 200);
    check(`${scheme}: status`, await site().statusWithin(number, 'registered'), 'registered');
    check(`${scheme}: a call`, await calls.call(caller, number), 486);
    check(`${scheme}: INVITEs in the page`, page.invites.length, 1);
    page.close();
    await eventually('FreeSWITCH knows', async () => (await site().contactsOf(account)) === 0);
    check(`${scheme}: status, closed`, await site().statusWithin(number, 'unregistered'), 'unregistered');
    check(`${scheme}: a call then`, await calls.call(caller, number), 480);
  });

  it.each([
    ['ws', '3503'],
    ['wss', '3504'],
  ] as const)('%s: has no INVITE sent elsewhere', async (scheme, number) => {
    const account = await site().extension(number);
    const page = await RawPhone.webSocket(urls[scheme]);
    page.answersWith = 486;
    const coded = encodeURIComponent(trunk.contact);
    for (const more of [
      `;fs_path=sip%3A${coded}`,
      `;fs_nat=yes;fs_path=sip%3Ax%40${coded}%3Btransport%3Dws`,
    ]) {
      const contact = `<sip:${number}@${page.contact}${more}>`;
      const sent = page.request({ method: 'REGISTER', account, contact, headers: ['Expires: 300'] });
      check(`${scheme}: REGISTER with ${more}`, await sent, 200);
      const status = await calls.call(caller, number);
      check(`${scheme}: a call then: ${status}`, [480, 486, 503].includes(status), true);
      await eventually('the contact is ended', async () => (await site().contactsOf(account)) === 0, 40_000);
    }
    check(`${scheme}: INVITEs at the trunk`, trunk.invites, []);
    page.close();
  });
});
