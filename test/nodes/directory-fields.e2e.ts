import { SYSTEM } from '../../src/core/actor';
import { CallerId } from '../../src/schema/caller-id.entity';
import { CallerIdsService } from '../../src/pbx/caller-ids/caller-ids.service';
import { SipCredentials } from '../../src/platform/secrets/sip-credentials.service';
import { Dialplane, type TestTenant } from '../harness/dialplane';
import { NOT_FOUND, read, USER } from '../harness/directory-answer';
import { describeOnEach } from '../harness/lanes';
import { addCallerId } from '../harness/records';

describeOnEach('/freeswitch/directory, field by field', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;
  let domain: string;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    tenant = await dialplane.tenant();
    ({ domain } = tenant.tenant);
  });

  const create = (body: object): Promise<unknown> => dialplane.api(tenant.token, 'POST', '/extensions', body);

  /** What voicemail is told of the extension's mailbox. */
  async function mailbox(number: string): Promise<ReturnType<typeof read>> {
    const { values } = read((await dialplane.lookupUser(number, domain)).text);
    return read((await dialplane.lookupUser(values.dialplane_mailbox ?? '', domain)).text);
  }

  it('finds an extension for TLS over TLS only, and lets nobody keep it', async () => {
    await create({ extension_number: '1001', tls_enabled: true });
    const over = async (transport: object): Promise<string> =>
      (await dialplane.lookup({ ...USER, user: '1001', domain, action: 'sip_auth', ...transport })).text;
    expect(await over({ sip_via_protocol: 'udp' })).toBe(NOT_FOUND);
    expect(await over({})).toBe(NOT_FOUND);
    expect(read(await over({ sip_via_protocol: 'tls' }))).toMatchObject({ id: '1001' });
    expect(read(await over({ sip_via_protocol: 'tls' })).cacheable).toBeUndefined();
    const called = await dialplane.lookup({ ...USER, user: '1001', domain, action: 'user_call' });
    expect(read(called.text).cacheable).toBeUndefined();
    await dialplane.api(tenant.token, 'PUT', '/extensions/1001', { tls_enabled: false });
    expect(read(await over({ sip_via_protocol: 'udp' })).cacheable).toBe('60000');
  });

  it('presents the active caller ID of the extension, else of the tenant, else none', async () => {
    const own = await addCallerId(dialplane, tenant, '0900000020');
    const shared = await addCallerId(dialplane, tenant, '0900000021');
    await create({ extension_number: '1001', outbound_caller_id: '0900000020' });
    await create({ extension_number: '1002' });
    const shown = async (number: string): Promise<string | undefined> =>
      read((await dialplane.lookupUser(number, domain)).text).values.outbound_caller_id_number;
    expect([await shown('1001'), await shown('1002')]).toEqual(['0900000020', undefined]);
    const callerIds = dialplane.get(CallerIdsService);
    await callerIds.setDefault(tenant.tenant, '84900000021', SYSTEM);
    expect([await shown('1001'), await shown('1002')]).toEqual(['0900000020', '0900000021']);
    const { manager } = dialplane.dataSource;
    await manager.update(CallerId, own.id, { status: 'inactive' });
    expect(await shown('1001')).toBe('0900000021');
    await manager.update(CallerId, shared.id, { status: 'inactive' });
    expect([await shown('1001'), await shown('1002')]).toEqual([undefined, undefined]);
    const foreign = await addCallerId(dialplane, await dialplane.tenant(), '0900000022');
    for (const number of [foreign.number, '0900000021', 'x']) {
      await expect(callerIds.setDefault(tenant.tenant, number, SYSTEM)).rejects.toMatchObject({
        faults: [{ field: 'number', code: 'not_found' }],
      });
    }
  });

  it('passes on an address for voicemail only when no shell could read it', async () => {
    const passedOn = async (): Promise<(string | undefined)[]> => {
      const { values } = await mailbox('1001');
      return [values['vm-mailto'], values['vm-email-all-messages'], values['vm-attach-file']];
    };
    await create({
      extension_number: '1001',
      voicemail_enabled: true,
      voicemail_email: 'an.ng+vm@mail.test',
    });
    expect(await passedOn()).toEqual(['an.ng+vm@mail.test', 'true', 'true']);
    for (const address of ['x`id`@mail.test', '-t@mail.test', 'a|b@mail.test', "o'brien@mail.test"]) {
      const given = { voicemail_email: address };
      const refused = await dialplane.api(tenant.token, 'PUT', '/extensions/1001', given);
      expect([address, refused.status]).toEqual([address, 422]);
      // As an older version kept it.
      await dialplane.dataSource.query('UPDATE extensions SET voicemail_email = ?', [address]);
      expect(await passedOn()).toEqual([undefined, undefined, undefined]);
    }
  });

  it('passes on a PIN only when a telephone can dial it', async () => {
    await create({ extension_number: '1001', voicemail_enabled: true, voicemail_pin: '0471' });
    const pin = async (): Promise<string | undefined> => (await mailbox('1001')).values['vm-password'];
    expect(await pin()).toBe('0471');
    const identity = { tenantId: tenant.tenant.id, number: '1001' };
    for (const old of ['user-choose', '12 34', '１２３４']) {
      const sealed = dialplane.get(SipCredentials).sealPin(old, identity);
      await dialplane.dataSource.query('UPDATE extensions SET voicemail_pin = ?', [sealed]);
      expect(await pin()).toBeUndefined();
    }
  });
});
