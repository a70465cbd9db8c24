import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawPhone, type RawRequest } from './raw-phone';
import { describeLive, DOMAIN } from './site';
import { type Account } from './sipp';
import { eventually, freePort } from './waiting';

const certificates = mkdtempSync(join(tmpdir(), 'live-certificates-'));
let tlsPort = 0;

/** A certificate that nobody signed, in the file that FreeSWITCH looks for. */
function makeCertificate(): void {
  const file = join(certificates, 'agent.pem');
  const made = ['-subj', '/CN=live.test', '-days', '2', '-keyout', file, '-out', file];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...made], { stdio: 'ignore' });
}

const options = async (): Promise<object> => {
  makeCertificate();
  tlsPort = await freePort();
  return { phones: 2, freeswitch: { SIP_TLS_PORT: String(tlsPort), SIP_TLS_CERT_DIR: certificates } };
};

describeLive('tls_enabled', options, (site) => {
  afterAll(() => rmSync(certificates, { recursive: true, force: true }));

  const invite = (account: Account, number: string): RawRequest => ({
    method: 'INVITE',
    account,
    uri: `sip:${number}@${DOMAIN}`,
    to: `${number}@${DOMAIN}`,
    body: {
      type: 'application/sdp',
      text: 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n',
    },
  });

  it('lets in over TLS only', async () => {
    const secure = await site().extension('2001', { tls_enabled: true });
    const plain = await site().extension('2002');
    const [overTls, overUdp, liar] = await Promise.all([
      RawPhone.tls(tlsPort),
      RawPhone.udp(site().freeswitch.sipPort),
      RawPhone.udp(site().freeswitch.sipPort, 'TLS'),
    ]);
    site().check('tls_enabled: REGISTER over UDP', await overUdp.register(secure), 403);
    site().check('REGISTER over UDP that says TLS in its Via', await liar.register(secure), 0);
    site().check('REGISTER over TLS', await overTls.register(secure), 200);
    site().check('status then', await site().statusWithin('2001', 'registered'), 'registered');
    site().check('REGISTER over UDP after that', await overUdp.register(secure), 403);
    site().check('INVITE over UDP', await overUdp.request(invite(secure, '2999')), 403);
    site().check('INVITE over TLS, to nobody', await overTls.request(invite(secure, '2999')), 404);
    site().check('contacts', await site().contactsOf(secure), 1);
    site().check('an extension without it: REGISTER over UDP', await overUdp.register(plain), 200);
    site().check('and over TLS', await overTls.register(plain), 200);
    const calling = site().phone(0).call(plain, '2001', 0);
    const invited = await eventually('the call', () =>
      overTls.received.find((text) => text.startsWith('INVITE ') && text.includes('sip:2001')),
    );
    site().check('a call to it comes over', /^Via: SIP\/2.0\/(\w+)/m.exec(invited)?.[1], 'TLS');
    overTls.close();
    await calling.catch(() => undefined);
    for (const phone of [overUdp, liar]) phone.close();
  });

  it('turned on later, shuts out what came in over UDP', async () => {
    const account = await site().extension('2003');
    site().check('REGISTER over UDP before', await site().phone(0).register(account), 200);
    const { status } = await site().api('PUT', '/extensions/2003', { tls_enabled: true });
    site().check('PUT tls_enabled', status, 200);
    site().check('REGISTER over UDP right after', await site().phone(0).register(account), 403);
    site().check('a call over UDP', await site().phone(0).call(account, '2002'), 403);
  });
});
