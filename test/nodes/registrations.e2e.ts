import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { xmlProfile } from '../fake-freeswitch/registration-table';
import { Dialplane, type TestTenant, XML_CURL_PASSWORD } from '../harness/dialplane';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';
import { stopwatch } from '../harness/stopwatch';

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
    await eventually(async () => (await state()) === 'unregistered');
  });

  afterEach(async () => {
    await dialplane.stop();
    await Promise.all([fs1.stop(), fs2.stop()]);
  });

  const state = async (): Promise<string> => {
    const elapsed = stopwatch();
    const answer = await dialplane.api<{ data: { sip_registration: string } }>(
      tenant.token,
      'GET',
      '/extensions/1001',
    );
    expect(answer.status).toBe(200);
    expect(elapsed()).toBeLessThan(2_000);
    return answer.body.data.sip_registration;
  };

  /** The state, once it is that; it must be within a second. */
  const within1s = async (wanted: string): Promise<void> => {
    const elapsed = stopwatch();
    await eventually(async () => (await state()) === wanted);
    expect(elapsed()).toBeLessThan(1_000);
  };

  it('follows a phone in and out', async () => {
    await within1s('unregistered');
    expect((await fs1.register(phone)).status).toBe(200);
    await within1s('registered');
    await fs1.unregister(phone);
    await within1s('unregistered');
  });

  it('does not take a refused phone for one', async () => {
    expect((await fs1.register({ ...phone, password: 'wrong' })).status).toBe(403);
    await fs1.register({ ...phone, expires: 60 });
    await within1s('registered');
    await fs1.unregister(phone);
    await fs1.register({ ...phone, password: 'wrong' });
    await within1s('unregistered');
  });

  it('holds while one of several registrations is left, on whatever node and profile', async () => {
    const first = await fs1.register(phone);
    await fs1.register(phone);
    await fs2.register({ ...phone, profile: 'wss' });
    await fs1.unregister({ ...phone, contact: first.contact, callId: first.callId });
    await within1s('registered');
    await fs1.unregister(phone);
    await within1s('registered');
    await fs2.unregister({ ...phone, profile: 'wss' });
    await within1s('unregistered');
  });

  it('ends with a kick, whatever the stale list of FreeSWITCH says', async () => {
    await fs1.register(phone);
    await fs1.api(`sofia profile internal flush_inbound_reg 1001.${phone.domain}@${phone.domain}`);
    expect(await fs1.api('show registrations as json')).toContain(phone.domain);
    await within1s('unregistered');
  });

  it('ends with expiry', async () => {
    await fs1.register(phone);
    await within1s('registered');
    fs1.expire(phone);
    await within1s('unregistered');
  });

  it("is not another tenant's phone of the same number", async () => {
    const other = await dialplane.tenant();
    const made = await dialplane.api<Made>(other.token, 'POST', '/extensions', { extension_number: '1001' });
    await fs1.register({ user: '1001', domain: other.tenant.domain, password: made.body.data.sip_password });
    await within1s('unregistered');
  });

  it('survives a restart of FreeSWITCH and the reconnect', async () => {
    await fs1.register(phone);
    fs1.restart();
    await nodeReady(dialplane, 'fs1', false);
    await nodeReady(dialplane, 'fs1');
    await within1s('registered');
  });

  it('is unknown while a node is down, unless another holds the phone', async () => {
    await fs2.refuse();
    await nodeReady(dialplane, 'fs2', false);
    await within1s('unknown');
    await fs1.register(phone);
    await within1s('registered');
    await fs1.unregister(phone);
    await within1s('unknown');
    await fs2.accept();
    await nodeReady(dialplane, 'fs2');
    await within1s('unregistered');
  });

  it.each(['hang', 'reset', 'rejectByAcl'] as const)(
    'is unknown, never a guess and never a hang, after a %s',
    async (fault) => {
      fs1[fault]();
      fs2[fault]();
      if (fault !== 'hang') for (const fake of [fs1, fs2]) await fake.refuse();
      await within1s('unknown');
    },
  );

  it('does not wait for a node that hangs when another says yes', async () => {
    await fs1.register(phone);
    fs2.hang();
    const elapsed = stopwatch();
    await within1s('registered');
    expect(elapsed()).toBeLessThan(1_000);
  });

  it('is unknown while a node has no such profile, unless another profile holds the phone', async () => {
    fs1.answerWith('sofia xmlstatus profile wss reg', 'Invalid Profile!');
    fs1.restart();
    await eventually(async () => (await state()) === 'unknown');
    await fs1.register(phone);
    await within1s('registered');
  });

  it('is known of a phone that registered before names were forced', async () => {
    await fs1.register(phone);
    const list = await fs1.api('sofia xmlstatus profile internal reg');
    const plain = list.replaceAll(`1001.${phone.domain}@`, '1001@');
    await fs1.unregister(phone);
    fs1.answerWith('sofia xmlstatus profile internal', xmlProfile('internal', 1));
    fs1.answerWith('sofia xmlstatus profile internal reg', plain);
    fs1.restart();
    await eventually(async () => (await state()) === 'registered');
    // Filed under our name by someone else's credentials: not our phone.
    const forged = plain.replace(`realm>${phone.domain}`, 'realm>evil.test');
    fs1.answerWith('sofia xmlstatus profile internal reg', forged);
    fs1.restart();
    await eventually(async () => (await state()) === 'unregistered');
  });

  it('is mended where an event was lost', async () => {
    await fs1.register(phone);
    await within1s('registered');
    await fs1.loseEvents(() => fs1.unregister(phone));
    // The next registration of the same contact is another extension's: what it displaced is asked about.
    const made = await dialplane.api<Made>(tenant.token, 'POST', '/extensions', { extension_number: '1002' });
    const contact = 'sip:shared@127.0.0.1:5060';
    await fs1.register({ ...phone, contact });
    await within1s('registered');
    await fs1.loseEvents(() => fs1.unregister({ ...phone, contact }));
    const other = { user: '1002', domain: phone.domain, password: made.body.data.sip_password, contact };
    await fs1.register(other);
    await within1s('unregistered');
  });

  it('asks the node when an unregister fits no contact', async () => {
    await fs1.register(phone);
    await within1s('registered');
    await fs1.loseEvents(() => fs1.unregister(phone));
    await fs1.register({ ...phone, contact: '*', expires: 0 });
    await within1s('unregistered');
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
