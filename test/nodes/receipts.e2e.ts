import { once } from 'node:events';
import { type ExtensionChange, ExtensionChanges } from '../../src/events/extension-changes';
import { rotationFlushes } from '../../src/nodes/revocations/receipts.service';
import { Revocation } from '../../src/schema/revocation.entity';
import { RevocationStore } from '../../src/nodes/revocations/revocation-store';
import { type Phone } from '../fake-freeswitch/fake-freeswitch';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';
import { registers, Site } from '../harness/site';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/;

describeOnEach('the receipts of revocations', (lane) => {
  let site: Site;
  let phone: Phone;

  beforeEach(async () => {
    site = await Site.start(lane);
    phone = await site.create('1001');
  });
  afterEach(() => site.stop());

  it.each([
    ['deleted', 2, () => site.api('DELETE', '/1001')],
    ['disabled', 2, () => site.api('PUT', '/1001', { status: 'disabled' })],
    ['password_changed', 0, () => site.api('POST', '/1001/change-password', {})],
    ['password_changed', 2, () => site.api('POST', '/1001/change-password?disconnect=true', {})],
    ['changed', 0, () => site.api('PUT', '/1001', { display_name: 'New' })],
    ['unregistered', 2, () => site.api('DELETE', '/1001/registration')],
  ])('say of what was %s what each node let go (%i contacts)', async (reason, dropped, change) => {
    expect(await registers(site.fs1, phone)).toBe(true);
    expect(await registers(site.fs1, phone)).toBe(true);
    await change();
    const [atOnce] = await site.receipts('1001');
    expect(atOnce?.nodes.map((node) => [node.status, node.flushed_at === null])).toEqual([
      ['pending', false],
      ['pending', false],
    ]);
    const receipt = await site.verified('1001');
    expect(receipt).toEqual({
      reason,
      requested_at: expect.stringMatching(TIME) as string,
      status: 'done',
      device: null,
      mailbox: reason === 'deleted' ? 'delete' : null,
      nodes: [
        { node: 'fs1', flushed_entries: 1, dropped_contacts: dropped },
        { node: 'fs2', flushed_entries: 0, dropped_contacts: 0 },
      ].map((node) => ({
        ...node,
        deleted_messages: 0,
        status: 'verified',
        flushed_at: expect.stringMatching(TIME) as string,
        verified_at: expect.stringMatching(TIME) as string,
        pending_since: null,
        attempts: 2,
        last_error: null,
      })),
    });
    expect(site.fs1.registrations(phone)).toHaveLength(2 - dropped);
  });

  it('say of a node that is away since when, and of one that is back what it did', async () => {
    await registers(site.fs2, phone);
    await site.fs2.refuse();
    await nodeReady(site.dialplane, 'fs2', false);
    await site.api('DELETE', '/1001');
    const [away] = await site.receipts('1001');
    expect([away?.status, away?.nodes[1]]).toEqual([
      'pending',
      {
        node: 'fs2',
        status: 'pending',
        flushed_entries: 0,
        dropped_contacts: 0,
        deleted_messages: 0,
        flushed_at: null,
        verified_at: null,
        pending_since: away?.requested_at,
        attempts: 0,
        last_error: 'ESL_NOT_READY',
      },
    ]);
    await site.fs2.accept();
    const { nodes } = await site.verified('1001');
    expect(nodes[1]).toMatchObject({ flushed_entries: 1, dropped_contacts: 1, last_error: null });
  });

  it('say what a node failed with, and count it', async () => {
    site.fs1.answerWith('user_exists id 1001 pbx.test', 'true');
    await site.api('DELETE', '/1001');
    const [receipt] = await site.receipts('1001');
    expect(receipt?.nodes[0]).toMatchObject({ status: 'pending', attempts: 1, last_error: 'still_known' });
  });

  it('stay pending while a node still lists the contact', async () => {
    await registers(site.fs1, phone);
    const listing = await site.fs1.api('sofia xmlstatus profile internal user 1001.pbx.test@pbx.test');
    site.fs1.answerWith('sofia xmlstatus profile internal user 1001.pbx.test@pbx.test', listing);
    await site.api('DELETE', '/1001');
    const [receipt] = await site.receipts('1001');
    expect(receipt?.nodes[0]).toMatchObject({
      status: 'pending',
      dropped_contacts: 0,
      last_error: 'still_registered',
    });
  });

  it('are listed newest first and in pages, those of a number given anew together', async () => {
    await site.api('DELETE', '/1001');
    await site.create('1001');
    await site.api('PUT', '/1001', { display_name: 'Next' });
    await site.api('DELETE', '/1001');
    expect((await site.receipts('1001')).map(({ reason }) => reason)).toEqual([
      'deleted',
      'changed',
      'deleted',
    ]);
    const second = await site.api('GET', '/1001/revocations?page=2&per_page=2');
    expect(Object.keys(second.body as object).sort()).toEqual(
      ['current_page', 'data', 'last_page', 'per_page', 'total'].sort(),
    );
    expect(second.body).toMatchObject({ current_page: 2, last_page: 2, per_page: 2, total: 3 });
    expect((second.body as { data: unknown[] }).data).toHaveLength(1);
  });

  it("are the tenant's own", async () => {
    const other = await site.dialplane.tenant({ domain: 'other.test' });
    await site.api('DELETE', '/1001');
    expect((await site.api('GET', '/1001/revocations', undefined, other.token)).status).toBe(404);
    await site.create('1001', other);
    expect(await site.receipts('1001', other.token)).toEqual([]);
    for (const number of ['9999', '12', 'x', '1001%20']) {
      expect((await site.api('GET', `/${number}/revocations`)).status).toBe(404);
    }
  });

  it('are kept for 90 days, of whatever node', async () => {
    await site.api('DELETE', '/1001');
    await site.create('1002');
    await site.api('DELETE', '/1002');
    const old = new Date(Date.now() - 91 * 24 * 3_600_000);
    await site.dialplane.dataSource.manager.update(Revocation, { sipUser: '1001' }, { createdAt: old });
    await site.dialplane.get(RevocationStore).purge();
    expect(await site.receipts('1001')).toEqual([]);
    expect(await site.receipts('1002')).toHaveLength(1);
  });

  it('tell since when the old password is gone from each node', async () => {
    const { manager } = site.dialplane.dataSource;
    const flushes = (since: Date) => rotationFlushes(manager, site.tenant.tenant.id, '1001', since);
    expect(await flushes(new Date(0))).toEqual(new Map());
    await site.fs2.refuse();
    await nodeReady(site.dialplane, 'fs2', false);
    await site.api('POST', '/1001/change-password', {});
    const known = await flushes(new Date(0));
    expect([...known.keys()].sort()).toEqual(['fs1', 'fs2']);
    expect(known.get('fs1')).toBeInstanceOf(Date);
    expect(known.get('fs2')).toBeNull();
    expect(await flushes(new Date(Date.now() + 60_000))).toEqual(new Map());
  });

  describe('with another process on the database', () => {
    beforeEach(async () => {
      for (const fake of [site.fs1, site.fs2]) expect(await registers(fake, phone)).toBe(true);
    });

    /** Deletes 1001 through the program, and kills that once the node was told to forget and did nothing. */
    async function killBetweenCommitAndFlush(): Promise<void> {
      const { url, child } = await site.program();
      for (const fake of [site.fs1, site.fs2]) {
        fake.hang();
        fake.forgetCommands();
      }
      const deleting = fetch(`${url}/api/pbx/extensions/1001`, {
        method: 'DELETE',
        headers: { Authorization: `Bearer ${site.tenant.token}` },
      }).catch(() => 'killed');
      await site.fs1.waitForCommand((command) => command.includes('xml_flush_cache'));
      child.kill('SIGKILL');
      await once(child, 'close');
      expect(await deleting).toBe('killed');
      for (const fake of [site.fs1, site.fs2]) {
        fake.unhang();
        expect(fake.registrations(phone)).toHaveLength(1);
      }
    }

    it('are completed by another that runs, after a kill between commit and flush', async () => {
      await killBetweenCommitAndFlush();
      const receipt = await site.verified('1001');
      expect(receipt.nodes.map(({ dropped_contacts }) => dropped_contacts)).toEqual([1, 1]);
      for (const fake of [site.fs1, site.fs2]) expect(await registers(fake, phone)).toBe(false);
    });

    it('are completed by one that starts, after a kill between commit and flush', async () => {
      await site.restart(killBetweenCommitAndFlush);
      const receipt = await site.verified('1001');
      expect(receipt.nodes.map(({ dropped_contacts }) => dropped_contacts)).toEqual([1, 1]);
    });

    it('count each contact once when both find a node that is back', async () => {
      await site.program();
      await site.fs2.refuse();
      await nodeReady(site.dialplane, 'fs2', false);
      await site.api('DELETE', '/1001/registration');
      site.fs2.forgetCommands();
      await site.fs2.accept();
      const { nodes } = await site.verified('1001');
      expect(nodes[1]).toMatchObject({ flushed_entries: 1, dropped_contacts: 1, attempts: 2 });
      const drops = site.fs2.commands.filter((command) => command.includes('flush_inbound_reg'));
      expect(drops).toHaveLength(2);
    });

    it('let this one hear of its changes, and not twice of our own', async () => {
      const heard: ExtensionChange[] = [];
      site.dialplane.get(ExtensionChanges).onChange((change) => heard.push(change));
      const { url } = await site.program();
      await site.api('PUT', '/1001', { display_name: 'Ours' });
      await site.create('1002');
      await fetch(`${url}/api/pbx/extensions/1002`, {
        method: 'DELETE',
        headers: { Authorization: `Bearer ${site.tenant.token}` },
      });
      await eventually(() => heard.length >= 3);
      expect(heard.map(({ number, domain }) => `${number}@${domain}`)).toEqual([
        '1001@pbx.test',
        '1002@pbx.test',
        '1002@pbx.test',
      ]);
    });
  });
});
