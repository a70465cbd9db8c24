import { TenantAdminService } from '../../src/pbx/tenant-admin/tenant-admin.service';
import { SYSTEM } from '../../src/core/actor';
import { SipCredentials } from '../../src/platform/secrets/sip-credentials.service';
import { type FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { auditOf } from '../harness/audit';
import { read } from '../harness/directory-answer';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';
import { type NodeReceipt, Site } from '../harness/site';

const DOMAIN = 'pbx.test';
const BOX = { voicemail_enabled: true, voicemail_pin: '4711' };

describeOnEach('mailboxes', (lane) => {
  let site: Site;
  beforeEach(async () => {
    site = await Site.start(lane);
    site.quickenSecondPass();
  });
  afterEach(() => site.stop());

  /** The mailbox that the dialplan sends callers of the number to. */
  async function mailboxOf(number: string, domain = DOMAIN): Promise<string> {
    const { values } = read((await site.dialplane.lookupUser(number, domain)).text);
    return values.dialplane_mailbox ?? 'none';
  }

  async function leaveMessage(fake: FakeFreeSwitch, number: string): Promise<void> {
    expect(await fake.voicemail.leaveMessage(await mailboxOf(number), DOMAIN)).toBe(true);
  }

  const messages = (fake: FakeFreeSwitch, mailbox: string, domain = DOMAIN): number =>
    fake.voicemail.box(`${mailbox}@${domain}`).messages;
  const lamps = (fake: FakeFreeSwitch): [string, number][] =>
    fake.voicemail.lamps.map(({ account, waiting }) => [account, waiting]);
  const create = (number = '1001', more: object = BOX) => site.create(number, site.tenant, more);

  it('go from every node with their extension, and no later owner of the number has them', async () => {
    await create();
    const first = await mailboxOf('1001');
    await leaveMessage(site.fs1, '1001');
    await leaveMessage(site.fs1, '1001');
    site.fs1.voicemail.box(`${first}@${DOMAIN}`).greetings = 1;
    site.fs2.voicemail.box(`${first}@${DOMAIN}`).pin = '2222';
    await site.api('DELETE', '/1001');
    const { mailbox, nodes } = await site.verified('1001');
    expect([mailbox, ...nodes.map(({ deleted_messages }) => deleted_messages)]).toEqual(['delete', 2, 0]);
    expect(site.fs1.voicemail.box(`${first}@${DOMAIN}`)).toEqual({ messages: 0, greetings: 0, pin: '' });
    expect(await site.fs2.voicemail.opens(first, DOMAIN, '2222')).toBe(false);
    await create();
    expect(await mailboxOf('1001')).not.toBe(first);
    expect(await site.fs1.voicemail.leaveMessage(first, DOMAIN)).toBe(false);
  });

  it('go from a node that was away, and what the next owner got there stays', async () => {
    await create();
    const first = await mailboxOf('1001');
    await leaveMessage(site.fs2, '1001');
    await site.fs2.refuse();
    await nodeReady(site.dialplane, 'fs2', false);
    await site.api('DELETE', '/1001');
    await create();
    const second = await mailboxOf('1001');
    await leaveMessage(site.fs2, '1001');
    expect([messages(site.fs2, first), messages(site.fs2, second)]).toEqual([1, 1]);
    await site.fs2.accept();
    await site.verified('1001');
    expect([messages(site.fs2, first), messages(site.fs2, second)]).toEqual([0, 1]);
  });

  it('come back empty', async () => {
    await create();
    const before = await mailboxOf('1001');
    await leaveMessage(site.fs1, '1001');
    await site.api('DELETE', '/1001');
    await site.verified('1001');
    await create();
    await leaveMessage(site.fs1, '1001');
    await site.api('DELETE', '/1001');
    await site.verified('1001');
    expect((await site.api('POST', '/1001/restore')).status).toBe(200);
    const after = await mailboxOf('1001');
    expect([after === before, messages(site.fs1, after)]).toEqual([false, 0]);
    expect((await site.verified('1001')).mailbox).toBe('delete');
  });

  it('are nothing of a later tenant with the same domain', async () => {
    const { tenant } = site.tenant;
    await create();
    const first = await mailboxOf('1001');
    await leaveMessage(site.fs1, '1001');
    const platform = site.dialplane.get(TenantAdminService);
    await site.api('DELETE', '/1001');
    await site.verified('1001');
    await platform.delete(tenant.id, SYSTEM);
    expect(messages(site.fs1, first)).toBe(0);
    await site.create('1001', await site.dialplane.tenant({ domain: DOMAIN }), BOX);
    expect(await mailboxOf('1001')).not.toBe(first);
  });

  it('keep a deletion open while a node holds a file of it', async () => {
    await create();
    site.fs1.voicemail.box(`${await mailboxOf('1001')}@${DOMAIN}`).greetings = 1;
    site.fs1.voicemail.mayDelete = false;
    await site.api('DELETE', '/1001');
    const failing = async (): Promise<NodeReceipt | undefined> => (await site.receipts('1001'))[0]?.nodes[0];
    await eventually(async () => Boolean((await failing())?.last_error));
    expect(await failing()).toMatchObject({ status: 'pending', last_error: 'mailbox_left' });
    site.fs1.voicemail.mayDelete = true;
    expect((await site.verified('1001')).nodes[0]).toMatchObject({ last_error: null });
  });

  it('are none where FreeSWITCH has no voicemail', async () => {
    site.fs1.voicemail.loaded = false;
    await create();
    await site.api('PUT', '/1001', { voicemail_enabled: false });
    expect((await site.verified('1001')).mailbox).toBe('refresh');
    await site.api('DELETE', '/1001');
    expect((await site.verified('1001')).nodes[0]).toMatchObject({ deleted_messages: 0, last_error: null });
  });

  it('put their lamps out when they are turned off, and on again with them', async () => {
    await create();
    const mailbox = await mailboxOf('1001');
    await leaveMessage(site.fs1, '1001');
    expect(lamps(site.fs1)).toEqual([[`${mailbox}@${DOMAIN}`, 1]]);
    await site.api('PUT', '/1001', { voicemail_enabled: false });
    expect(lamps(site.fs1).at(-1)).toEqual([`${mailbox}@${DOMAIN}`, 0]);
    await site.verified('1001');
    expect(messages(site.fs1, mailbox)).toBe(1);
    await site.api('PUT', '/1001', { voicemail_enabled: true });
    expect(lamps(site.fs1).at(-1)).toEqual([`${mailbox}@${DOMAIN}`, 1]);
  });

  it('open with the PIN that the API says, and at once with no other', async () => {
    await create();
    const mailbox = await mailboxOf('1001');
    const opens = (pin: string): Promise<boolean> => site.fs1.voicemail.opens(mailbox, DOMAIN, pin);
    // As with a configuration in which telephones set PINs.
    site.fs1.voicemail.box(`${mailbox}@${DOMAIN}`).pin = '2222';
    await site.api('PUT', '/1001', { voicemail_pin: '3333' });
    expect([await opens('4711'), await opens('2222'), await opens('3333')]).toEqual([false, false, true]);
    await site.api('PUT', '/1001', { voicemail_pin: null });
    expect(await opens('3333')).toBe(false);
    expect((await site.receipts('1001'))[0]).toMatchObject({ reason: 'changed', mailbox: 'refresh' });
  });

  it('are no users: nobody registers or calls as one', async () => {
    await create();
    const mailbox = await mailboxOf('1001');
    const form = { section: 'directory', key: 'id', user: mailbox, domain: DOMAIN };
    const found = async (more: object): Promise<boolean> =>
      !(await site.dialplane.lookup({ ...form, ...more })).text.includes('not found');
    expect(await found({ action: 'voicemail-lookup' })).toBe(true);
    expect(await found({ action: 'sip_auth' })).toBe(false);
    expect(await found({ action: 'voicemail-lookup', user: `${mailbox}0` })).toBe(false);
    expect(await found({ action: 'voicemail-lookup', domain: 'other.test' })).toBe(false);
    const { id, cacheable, values } = read((await site.dialplane.lookup(form)).text);
    expect([id, cacheable, values]).toEqual([
      mailbox,
      undefined,
      { 'allow-empty-password': 'false', 'vm-enabled': 'true', 'vm-password': '4711' },
    ]);
  });

  it('whose PIN protects them badly are named in the audit and by doctor, and none is refused', async () => {
    await create('1001', { voicemail_enabled: true, voicemail_pin: '1001' });
    await create('1002', { voicemail_enabled: true });
    await create('1003', { voicemail_pin: '0000' });
    await create('1004', { voicemail_enabled: true, voicemail_pin: '4713' });
    await site.api('PUT', '/1004', { voicemail_pin: '1234' });
    await site.api('PUT', '/1004', { display_name: 'Four' });
    const audited = await auditOf(site, '?resource_type=extension');
    const faults = audited.data.map(({ resource, changes }) => [
      resource,
      changes.voicemail_pin_fault?.after,
    ]);
    expect(faults).toEqual([
      ['1004', undefined],
      ['1004', 'obvious'],
      ['1004', undefined],
      ['1003', undefined],
      ['1002', 'none'],
      ['1001', 'obvious'],
    ]);
    const identity = { tenantId: site.tenant.tenant.id, number: '1002' };
    const old = site.dialplane.get(SipCredentials).sealPin('abcd', identity);
    const kept = [old, "o'brien@mail.test"];
    await site.dialplane.dataSource.query(
      "UPDATE extensions SET voicemail_pin = ?, voicemail_email = ? WHERE live_number = '1002'",
      kept,
    );
    const { stdout } = await site.commandLine().run(['doctor']);
    expect(stdout.split('\n').filter((line) => line.startsWith('warn  mailboxes'))).toEqual([
      'warn  mailboxes: a PIN that is guessed first: 1001@pbx.test, 1004@pbx.test',
      expect.stringMatching(/: a PIN that no telephone dials, .*: 1002@pbx.test$/),
      expect.stringMatching(/: a mail address that FreeSWITCH is not given, .*: 1002@pbx.test$/),
    ]);
    expect(stdout).not.toMatch(/abcd|1234/);
  });

  it('and their owners: a new one is told nothing of the phones of the last', async () => {
    const first = await create();
    const old = { ...first, userAgent: 'Predecessor/1.0', networkIp: '203.0.113.9' };
    expect((await site.fs1.register(old)).status).toBe(200);
    expect((await site.fs1.register({ ...old, password: 'wrong' })).status).toBe(403);
    const told = async (): Promise<string> => (await site.api('GET', '/1001/diagnosis')).text;
    await eventually(async () => (await told()).includes('Predecessor'));
    await site.api('DELETE', '/1001');
    const second = await create();
    expect(await told()).not.toMatch(/Predecessor|203\.0\.113\.9/);
    await site.fs1.register({ ...second, userAgent: 'Successor/1.0' });
    await eventually(async () => (await told()).includes('Successor'));
    expect(await told()).not.toMatch(/Predecessor|203\.0\.113\.9/);
  });

  describe('from before they had names of their own', () => {
    beforeEach(async () => {
      await create();
      await site.dialplane.dataSource.query("UPDATE extensions SET mailbox = '1001'");
    });

    it('stay with who has the number, and none of their PINs that a telephone set', async () => {
      expect(await mailboxOf('1001')).toBe('1001');
      await leaveMessage(site.fs1, '1001');
      site.fs1.voicemail.box(`1001@${DOMAIN}`).pin = '2222';
      await site.restart();
      await eventually(async () => !(await site.fs1.voicemail.opens('1001', DOMAIN, '2222')));
      expect(messages(site.fs1, '1001')).toBe(1);
      expect(await site.fs1.voicemail.opens('1001', DOMAIN, '4711')).toBe(true);
      await site.api('PUT', '/1001', { voicemail_enabled: false });
      expect(lamps(site.fs1).at(-1)).toEqual([`1001@${DOMAIN}`, 0]);
      await site.api('PUT', '/1001', { voicemail_enabled: true });
      expect(lamps(site.fs1).at(-1)).toEqual([`1001@${DOMAIN}`, 1]);
    });

    it('are not opened by the SIP password, and the phone registers while they are off', async () => {
      const lookup = async () => read((await site.dialplane.lookupUser('1001', DOMAIN)).text);
      expect((await lookup()).values['vm-a1-hash']).toBe('none');
      const phone = await create('1002');
      await site.dialplane.dataSource.query(
        "UPDATE extensions SET mailbox = '1002' WHERE live_number = '1002'",
      );
      await site.api('PUT', '/1002', { voicemail_enabled: false });
      expect((await site.fs1.register(phone)).status).toBe(200);
    });
  });
});
