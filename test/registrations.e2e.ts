import { FakeFreeSwitch } from './fake-freeswitch/fake-freeswitch';
import { Dialplane, type TestTenant, XML_CURL_PASSWORD } from './harness/dialplane';
import { describeOnEach } from './harness/lanes';
import { nodeReady } from './harness/nodes';

interface Made {
  data: { sip_password: string };
}

describeOnEach('sip_registration', (lane) => {
  let fs1: FakeFreeSwitch;
  let fs2: FakeFreeSwitch;
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let phone: { user: string; domain: string; password: string };

  beforeEach(async () => {
    const directoryAuth = { username: 'freeswitch', password: XML_CURL_PASSWORD };
    const options = { profiles: ['internal', 'wss'], directoryAuth };
    fs1 = await FakeFreeSwitch.start({ ...options, name: 'fs1' });
    fs2 = await FakeFreeSwitch.start({ ...options, name: 'fs2' });
    dialplane = await Dialplane.start(lane, {
      FREESWITCH_NODES: `${fs1.address} ${fs2.address}`,
      FREESWITCH_SIP_PROFILES: 'internal,wss',
    });
    for (const fake of [fs1, fs2]) {
      fake.directoryUrl = `${dialplane.url}/freeswitch/directory`;
      await nodeReady(dialplane, fake.name);
    }
    tenant = await dialplane.tenant();
    const made = await dialplane.api<Made>(tenant.token, 'POST', '/extensions', { extension_number: '1001' });
    phone = { user: '1001', domain: tenant.tenant.domain, password: made.body.data.sip_password };
  });

  afterEach(async () => {
    await dialplane.stop();
    await Promise.all([fs1.stop(), fs2.stop()]);
  });

  const state = async (): Promise<string> => {
    const started = Date.now();
    const answer = await dialplane.api<{ data: { sip_registration: string } }>(
      tenant.token,
      'GET',
      '/extensions/1001',
    );
    expect(answer.status).toBe(200);
    expect(Date.now() - started).toBeLessThan(2_000);
    return answer.body.data.sip_registration;
  };

  it('follows a phone in and out', async () => {
    expect(await state()).toBe('unregistered');
    expect((await fs1.register(phone)).status).toBe(200);
    expect(await state()).toBe('registered');
    await fs1.unregister(phone);
    expect(await state()).toBe('unregistered');
  });

  it('does not take a refused phone for one', async () => {
    expect((await fs1.register({ ...phone, password: 'wrong' })).status).toBe(403);
    expect(await state()).toBe('unregistered');
  });

  it('holds while one of several registrations is left, on whatever node and profile', async () => {
    const first = await fs1.register(phone);
    await fs1.register(phone);
    await fs2.register({ ...phone, profile: 'wss' });
    await fs1.unregister({ ...phone, contact: first.contact, callId: first.callId });
    expect(await state()).toBe('registered');
    await fs1.unregister(phone);
    expect(await state()).toBe('registered');
    await fs2.unregister({ ...phone, profile: 'wss' });
    expect(await state()).toBe('unregistered');
  });

  it('ends with a kick, whatever the stale list of FreeSWITCH says', async () => {
    await fs1.register(phone);
    await fs1.api(`sofia profile internal flush_inbound_reg 1001.${phone.domain}@${phone.domain}`);
    expect(await fs1.api('show registrations as json')).toContain(phone.domain);
    expect(await state()).toBe('unregistered');
  });

  it('ends with expiry', async () => {
    await fs1.register({ ...phone, expires: 60 });
    fs1.advanceClock(200_000);
    expect(await state()).toBe('unregistered');
  });

  it("is not another tenant's phone of the same number", async () => {
    const other = await dialplane.tenant();
    const made = await dialplane.api<Made>(other.token, 'POST', '/extensions', { extension_number: '1001' });
    await fs1.register({ user: '1001', domain: other.tenant.domain, password: made.body.data.sip_password });
    expect(await state()).toBe('unregistered');
  });

  it('survives a restart of FreeSWITCH and the reconnect', async () => {
    await fs1.register(phone);
    fs1.restart();
    await nodeReady(dialplane, 'fs1', false);
    await nodeReady(dialplane, 'fs1');
    expect(await state()).toBe('registered');
  });

  it('is unknown while a node is down, unless another holds the phone', async () => {
    await fs2.refuse();
    await nodeReady(dialplane, 'fs2', false);
    expect(await state()).toBe('unknown');
    await fs1.register(phone);
    expect(await state()).toBe('registered');
    await fs1.unregister(phone);
    expect(await state()).toBe('unknown');
    await fs2.accept();
    await nodeReady(dialplane, 'fs2');
    expect(await state()).toBe('unregistered');
  });

  it.each(['hang', 'reset', 'rejectByAcl'] as const)(
    'is unknown, never a guess and never a hang, after a %s',
    async (fault) => {
      fs1[fault]();
      fs2[fault]();
      if (fault !== 'hang') for (const fake of [fs1, fs2]) await fake.refuse();
      expect(await state()).toBe('unknown');
    },
  );

  it('does not wait for a node that hangs when another says yes', async () => {
    await fs1.register(phone);
    fs2.hang();
    const started = Date.now();
    expect(await state()).toBe('registered');
    expect(Date.now() - started).toBeLessThan(1_000);
  });

  it('is unknown when a node has no such profile', async () => {
    const answer = 'Invalid Profile!';
    fs1.answerWith(`sofia xmlstatus profile wss user 1001@${phone.domain}`, answer);
    expect(await state()).toBe('unknown');
  });

  it('is known of a phone that registered before names were forced', async () => {
    const row = await fs1.register(phone);
    expect(row.status).toBe(200);
    const reply = await fs1.api(`sofia xmlstatus profile internal user 1001.${phone.domain}@${phone.domain}`);
    await fs1.unregister(phone);
    const plain = `sofia xmlstatus profile internal user 1001@${phone.domain}`;
    fs1.answerWith(plain, reply.replaceAll(`1001.${phone.domain}@`, '1001@'));
    expect(await state()).toBe('registered');
    // Filed under our name by someone else's credentials: not our phone.
    fs1.answerWith(
      plain,
      reply.replaceAll(`1001.${phone.domain}@`, '1001@').replace(`realm>${phone.domain}`, 'realm>evil.test'),
    );
    expect(await state()).toBe('unregistered');
  });
});

describeOnEach('sip_registration without a node', (lane) => {
  it('is unknown', async () => {
    const dialplane = await Dialplane.start(lane);
    const { token } = await dialplane.tenant();
    await dialplane.api(token, 'POST', '/extensions', { extension_number: '1001' });
    const answer = await dialplane.api<{ data: object }>(token, 'GET', '/extensions/1001');
    expect(answer.body.data).toMatchObject({ sip_registration: 'unknown' });
    await dialplane.stop();
  });
});
