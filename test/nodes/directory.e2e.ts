import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Extension } from '../../src/schema/extension.entity';
import { a1Hash } from '../../src/platform/secrets/a1-hash';
import { Tenant } from '../../src/schema/tenant.entity';
import { basic, Dialplane, type TestTenant, XML_CURL_PASSWORD } from '../harness/dialplane';
import { NOT_FOUND, read, USER } from '../harness/directory-answer';
import { describeOnEach } from '../harness/lanes';
import { addCallerId, addTeam } from '../harness/records';

interface Recorded {
  name: string;
  body: string;
}

const recordings = readFileSync(join(__dirname, '../fixtures/freeswitch/xml_curl-requests.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

describeOnEach('/freeswitch/directory', (lane) => {
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

  const create = async (body: object): Promise<{ sip_password: string }> =>
    (await dialplane.api<{ data: { sip_password: string } }>(tenant.token, 'POST', '/extensions', body)).body
      .data;

  it('gives a user what it needs to register and be called', async () => {
    await addCallerId(dialplane, tenant, '0900000020');
    const made = await create({
      extension_number: '1001',
      display_name: 'Reception',
      voicemail_enabled: true,
      voicemail_pin: '4321',
      recording_mode: 'inbound',
      max_concurrent: 3,
      outbound_caller_id: '84900000020',
    });
    const answer = await dialplane.lookupUser('1001', domain);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/xml/);
    expect(answer.text).not.toContain('\n');
    expect(answer.text).not.toContain(made.sip_password);
    const user = read(answer.text);
    const mailbox = user.values.dialplane_mailbox ?? '';
    expect(mailbox).toMatch(/^1001-[0-9a-f]{12}$/);
    expect(user).toEqual({
      id: '1001',
      domain,
      cacheable: '60000',
      values: {
        'a1-hash': expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        'allow-empty-password': 'false',
        'sip-force-extension': `1001.${domain}`,
        'dial-string': expect.stringMatching(
          `^{sip_invite_domain=${domain},outbound_redirect_fatal=true}\\[sip_route_uri=sip:\\$\\{regex\\(.+\\}\\]sofia/internal/1001.${domain}%${domain}$`,
        ) as string,
        'mwi-account': `${mailbox}@${domain}`,
        'vm-enabled': 'false',
        user_context: 'default',
        dialplane_tenant: domain,
        effective_caller_id_number: '1001',
        effective_caller_id_name: 'Reception',
        dialplane_caller_name: 'Reception',
        outbound_caller_id_number: '0900000020',
        outbound_caller_id_name: 'Sales',
        max_concurrent: '3',
        dialplane_max_legs: '400',
        recording_mode: 'inbound',
        dialplane_emergency_numbers: '112,113,114,115,911',
        voicemail_enabled: 'true',
        dialplane_mailbox: mailbox,
        dialplane_mail_caller: 'Reception 1001',
      },
    });
    expect(read((await dialplane.lookupUser(mailbox, domain)).text)).toEqual({
      id: mailbox,
      domain,
      values: { 'allow-empty-password': 'false', 'vm-enabled': 'true', 'vm-password': '4321' },
    });
  });

  it('answers by POST and by GET', async () => {
    await create({ extension_number: '1001' });
    const posted = await dialplane.lookupUser('1001', domain);
    const query = new URLSearchParams({ ...USER, user: '1001', domain }).toString();
    const got = await dialplane.request('GET', `/freeswitch/directory?${query}`, {
      headers: { Authorization: basic('freeswitch', XML_CURL_PASSWORD) },
    });
    expect(got.text).toBe(posted.text);
  });

  it('wants the right pair, and says nothing without it', async () => {
    await create({ extension_number: '1001' });
    for (const authorization of [
      undefined,
      'Basic',
      basic('freeswitch', 'wrong'),
      basic('root', XML_CURL_PASSWORD),
      basic('freeswitch', ''),
      `Bearer ${tenant.token}`,
    ]) {
      const answer = await dialplane.request('POST', '/freeswitch/directory', {
        headers: authorization === undefined ? {} : { Authorization: authorization },
        body: new URLSearchParams({ ...USER, user: '1001', domain }),
      });
      expect([answer.status, answer.text]).toEqual([401, '{"message":"Unauthenticated."}']);
    }
  });

  it('knows neither unknown, deleted and disabled users nor users of a disabled tenant', async () => {
    const found = async (): Promise<boolean> =>
      (await dialplane.lookupUser('1001', domain)).text !== NOT_FOUND;
    expect(await found()).toBe(false);
    await create({ extension_number: '1001' });
    expect(await found()).toBe(true);
    await dialplane.api(tenant.token, 'PUT', '/extensions/1001', { status: 'disabled' });
    expect(await found()).toBe(false);
    await dialplane.api(tenant.token, 'PUT', '/extensions/1001', { status: 'active' });
    expect(await found()).toBe(true);
    await dialplane.dataSource.manager.update(Tenant, tenant.tenant.id, { status: 'disabled' });
    expect(await found()).toBe(false);
    await dialplane.dataSource.manager.update(Tenant, tenant.tenant.id, { status: 'active' });
    await dialplane.api(tenant.token, 'DELETE', '/extensions/1001');
    expect(await found()).toBe(false);
  });

  it('tells tenants with the same number apart', async () => {
    const other = await dialplane.tenant();
    await create({ extension_number: '1001', display_name: 'Mine' });
    await dialplane.api(other.token, 'POST', '/extensions', {
      extension_number: '1001',
      display_name: 'Theirs',
    });
    const name = async (of: string): Promise<string | undefined> =>
      read((await dialplane.lookupUser('1001', of)).text).values.effective_caller_id_name;
    expect(await name(domain)).toBe('Mine');
    expect(await name(other.tenant.domain)).toBe('Theirs');
  });

  it('knows a caller who hides by the domain that it dials, and keeps the answer from the cache', async () => {
    const other = await dialplane.tenant();
    const { sip_password } = await create({ extension_number: '1001', display_name: 'Mine' });
    await dialplane.api(other.token, 'POST', '/extensions', { extension_number: '1001' });
    const call = (of: string): Record<string, string> => ({
      ...USER,
      user: '1001',
      domain: 'anonymous.invalid',
      action: 'sip_auth',
      sip_auth_method: 'INVITE',
      sip_to_host: of,
    });
    const mine = read((await dialplane.lookup(call(domain))).text);
    expect(mine).toMatchObject({ id: '1001', domain: 'anonymous.invalid' });
    expect(mine).not.toHaveProperty('cacheable');
    expect(mine.values).toMatchObject({
      'a1-hash': a1Hash('1001', 'anonymous.invalid', sip_password),
      'sip-force-extension': `1001.${domain}`,
      'mwi-account': expect.stringMatching(`^1001-[0-9a-f]{12}@${domain}$`) as string,
      dialplane_tenant: domain,
      effective_caller_id_name: 'Mine',
    });
    const theirs = read((await dialplane.lookup(call(other.tenant.domain))).text);
    expect(theirs.values.dialplane_tenant).toBe(other.tenant.domain);
    expect(theirs.values['a1-hash']).not.toBe(mine.values['a1-hash']);
    for (const wrong of [
      { sip_auth_method: 'REGISTER' },
      { sip_to_host: 'nobody.test' },
      { sip_to_host: 'anonymous.invalid' },
      { user: '1002' },
    ])
      expect((await dialplane.lookup({ ...call(domain), ...wrong })).text).toBe(NOT_FOUND);
  });

  it.each([
    { user: "1001' OR '1'='1" },
    { user: '1001 ' },
    { user: '１００１' },
    { user: '' },
    { user: '%' },
    { domain: 'other.test' },
    { domain: '' },
    { domain: "x' OR '1'='1" },
    { key: 'number-alias' },
    { section: 'configuration' },
    { section: 'dialplan' },
    { purpose: 'network-list' },
  ])('does not find %j', async (wrong) => {
    await create({ extension_number: '1001' });
    const answer = await dialplane.lookup({ ...USER, user: '1001', domain, ...wrong });
    expect([answer.status, answer.text]).toEqual([200, NOT_FOUND]);
  });

  it('answers to one spelling of the domain: another would be cached beside it and outlive a flush', async () => {
    await create({ extension_number: '1001' });
    expect((await dialplane.lookupUser('1001', domain.toUpperCase())).text).toBe(NOT_FOUND);
  });

  it('does not take a repeated field for a user', async () => {
    await create({ extension_number: '1001' });
    const answer = await dialplane.request('POST', '/freeswitch/directory', {
      headers: {
        Authorization: basic('freeswitch', XML_CURL_PASSWORD),
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: `section=directory&key=id&user=1001&user=1002&domain=${domain}`,
    });
    expect(answer.text).toBe(NOT_FOUND);
  });

  it('lists the members of a team as a group', async () => {
    const team = await addTeam(dialplane, tenant, 'Bán hàng "A"');
    for (const number of ['1002', '1001', '1003'])
      await create({ extension_number: number, team_id: team.id });
    await create({ extension_number: '1004' });
    await dialplane.api(tenant.token, 'PUT', '/extensions/1003', { status: 'disabled' });
    const form = { section: 'directory', action: 'group_call', group: 'Bán hàng "A"', domain };
    const { text } = await dialplane.lookup(form);
    expect(text).toContain(
      '<users><user id="1001" type="pointer"/><user id="1002" type="pointer"/></users></group>',
    );
    expect((await dialplane.lookup({ ...form, group: 'none' })).text).toBe(NOT_FOUND);
    // FreeSWITCH looks each member up with the group's action still in the form.
    const member = await dialplane.lookup({ ...USER, ...form, user: '1001' });
    expect(read(member.text).id).toBe('1001');
  });

  describe('as FreeSWITCH was recorded asking', () => {
    beforeAll(async () => {
      tenant = await dialplane.tenant({ domain: 'pbx.test' });
      for (const number of ['1001', '1002']) await create({ extension_number: number });
    });

    it.each(recordings.map(({ name, body }) => [name, body]))('%s', async (name, body) => {
      const answer = await dialplane.lookup(Object.fromEntries(new URLSearchParams(body)));
      expect(answer.status).toBe(200);
      const form = new URLSearchParams(body);
      const user = form.get('section') === 'directory' ? form.get('user') : null;
      const known = user === '1001' || user === '1002';
      if (known) expect(read(answer.text).id).toBe(user);
      else expect([name, answer.text]).toEqual([name, NOT_FOUND]);
    });
  });

  describe('with hostile values', () => {
    const HOSTILE = [
      '$${domain}',
      '${system(touch /tmp/x)}',
      '$$${a}',
      '$$$$${domain}',
      '"/><param name="password" value="x"/>',
      "'/>",
      '<include>',
      '</include>',
      '<?xml version="1.0"?>',
      '<X-PRE-PROCESS cmd="exec" data="id"/>',
      'x-Pre-Process',
      '<!--#exec "id"-->',
      '<!-- -->',
      '&#36;&#36;{domain}',
      '&lt;&amp;&quot;',
      ']]>',
      '\\${a}\\n\\s',
      '{a=b}[c=d]<e=f>',
      '%{a} %22 <sip%3Ax%40y>%0D%0AX-Evil%3A 1',
      '@evil.test/1001:x',
      '^^:a:b',
      'Nguyễn 🎧 مكتب "x" \\ $',
      '\u2028line\u2029',
    ];

    it.each(HOSTILE)('%s is neither expanded nor executed, and drops no line', async (value) => {
      await create({
        extension_number: '1001',
        display_name: value,
      });
      await create({ extension_number: '1002', display_name: 'Next' });
      const { values } = read((await dialplane.lookupUser('1001', domain)).text);
      expect(values.effective_caller_id_name).toMatch(/^[\p{L}\p{M}\p{N} .,'()+&_-]+$/u);
      // Back from the wire: percent-decoded, then read as a SIP quoted-string.
      expect(values.dialplane_caller_name).toMatch(/^[A-Za-z0-9%]+$/);
      const quoted = decodeURIComponent(values.dialplane_caller_name ?? '');
      expect(quoted.replace(/\\(.)/gsu, '$1')).toBe(value);
      expect(read((await dialplane.lookupUser('1002', domain)).text).values.effective_caller_id_name).toBe(
        'Next',
      );
    });
  });

  it('says 503 when a secret does not open, and 500 nowhere', async () => {
    await create({ extension_number: '1001' });
    await dialplane.dataSource.manager.update(Extension, { tenantId: tenant.tenant.id }, { a1: 'v1.AAAA' });
    const answer = await dialplane.lookupUser('1001', domain);
    expect([answer.status, answer.text]).toEqual([503, '']);
  });
});

describeOnEach('/freeswitch/directory without its database', (lane) => {
  it('says 503, so that FreeSWITCH does not learn a lie', async () => {
    const dialplane = await Dialplane.start(lane, { DIRECTORY_CACHE_MS: '0' });
    const { token, tenant } = await dialplane.tenant();
    await dialplane.api(token, 'POST', '/extensions', { extension_number: '1001' });
    const fresh = await dialplane.lookupUser('1001', tenant.domain);
    expect(read(fresh.text).cacheable).toBeUndefined();
    await dialplane.dataSource.query('ALTER TABLE extensions RENAME TO gone');
    const answer = await dialplane.lookupUser('1001', tenant.domain);
    expect([answer.status, answer.text]).toEqual([503, '']);
    const told = await dialplane.api(token, 'GET', '/extensions/1001');
    expect([told.status, told.text]).toEqual([500, '{"message":"Server error"}']);
    await dialplane.stop();
  });
});
