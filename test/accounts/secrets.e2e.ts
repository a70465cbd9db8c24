import { Dialplane, XML_CURL_PASSWORD } from '../harness/dialplane';
import { FakeFreeSwitch } from '../fake-freeswitch/fake-freeswitch';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { nodeReady } from '../harness/nodes';

const PIN = '73914628';
const TYPED = 'typed-Passw0rd-of-nobody';
const CHOSEN = 'chosen-Passw0rd-of-9002';

describeOnEach('secrets', (lane) => {
  it('stand in plain text in the answer that shows them, and nowhere else', async () => {
    const directoryAuth = { username: 'freeswitch', password: XML_CURL_PASSWORD };
    const fake = await FakeFreeSwitch.start({ password: 'event-socket-secret', directoryAuth });
    const dialplane = await Dialplane.start(lane, { FREESWITCH_NODES: fake.address });
    fake.directoryUrl = `${dialplane.url}/freeswitch/directory`;
    await nodeReady(dialplane, 'fs1');
    const { token, tenant } = await dialplane.tenant();
    const api = <T>(method: string, path: string, body?: unknown) =>
      dialplane.api<T>(token, method, path, body);
    type Made = { data: { sip_password: string } };

    const made = await api<Made>('POST', '/extensions', { extension_number: '9001', voicemail_pin: PIN });
    await api('POST', '/extensions', { extension_number: '9002', sip_password: CHOSEN, voicemail_pin: PIN });
    const rotated = await api<Made>('POST', '/extensions/9001/change-password', {});
    const many = await api<{ data: { sip_password: string }[] }>('POST', '/extensions/change-passwords', {
      extension_numbers: ['9001'],
    });
    const csv = await api('POST', '/extensions/change-passwords?format=csv', { all: true });
    await api('POST', '/extensions', { extension_number: '9003', sip_password: `${CHOSEN}\0` });
    await api('PUT', '/extensions/9001', { sip_password: CHOSEN });
    await api('POST', '/extensions', { extension_number: '9002', sip_password: CHOSEN });
    const phone = { user: '9001', domain: tenant.domain };
    await fake.api('xml_flush_cache');
    await fake.register({ ...phone, password: rotated.body.data.sip_password });
    await fake.register({ ...phone, password: TYPED });
    type Diagnosed = { data: { evidence: { attempts: unknown[] } } };
    const diagnosis = () => api<Diagnosed>('GET', '/extensions/9001/diagnosis');
    await eventually(async () => (await diagnosis()).body.data.evidence.attempts.length === 2);
    const asked = fake.directoryRequests.map((form) => new URLSearchParams(form));
    const digest = asked.find((form) => form.has('sip_auth_nonce'));
    const later = [
      await diagnosis(),
      await api('GET', '/extensions/9001/directory'),
      await api('GET', '/extensions'),
      await api('GET', '/extensions/9001'),
      await api('GET', '/extensions/9001/revocations'),
      await api('DELETE', '/extensions/9001/registration'),
      await api('PUT', '/extensions/9001', { voicemail_pin: '4711' }),
      await dialplane.request('GET', '/metrics'),
      await dialplane.request('GET', '/health/ready'),
    ];
    const directory = await dialplane.lookupUser('9001', tenant.domain);
    const a1 = /a1-hash" value="([0-9a-f]{32})"/.exec(directory.text)?.[1] ?? '';
    expect(a1).toHaveLength(32);

    const tables = dialplane.dataSource.entityMetadatas.map(({ tableName }) => tableName);
    const dump = await Promise.all(
      tables.map((table) => dialplane.dataSource.query(`SELECT * FROM ${table}`)),
    );
    const places = {
      answers: later.map(({ text }) => text).join('\n'),
      database: JSON.stringify(dump),
      log: dialplane.logLines.join('\n'),
    };
    const secrets = {
      generated: made.body.data.sip_password,
      rotated: rotated.body.data.sip_password,
      bulk: many.body.data[0]?.sip_password ?? '',
      csv: /^9001,(\w+)\r$/m.exec(csv.text)?.[1] ?? '',
      chosen: CHOSEN,
      pin: PIN,
      typed: TYPED,
      nonce: digest?.get('sip_auth_nonce') ?? '',
      response: digest?.get('sip_auth_response') ?? '',
      a1,
      token: token.split('|')[1] ?? '',
      esl: 'event-socket-secret',
      xmlCurl: 'directory-password',
    };
    for (const [place, text] of Object.entries(places)) {
      expect(text.length).toBeGreaterThan(100);
      for (const [secret, value] of Object.entries(secrets)) {
        expect(value.length).toBeGreaterThan(7);
        expect([place, secret, text.includes(value)]).toEqual([place, secret, false]);
      }
    }
    await dialplane.stop();
    await fake.stop();
  });

  it('are not in the log line of a database that fails', async () => {
    const dialplane = await Dialplane.start(lane);
    const { token } = await dialplane.tenant();
    const made = await dialplane.api<{ data: { sip_password: string } }>(token, 'POST', '/extensions', {
      extension_number: '9001',
      sip_password: CHOSEN,
    });
    expect(made.status).toBe(201);
    const [row] = await dialplane.dataSource.query<{ a1: string }[]>('SELECT a1 FROM extensions');
    await dialplane.dataSource.query('ALTER TABLE extensions RENAME COLUMN a1 TO gone');
    const failed = await dialplane.api(token, 'POST', '/extensions', {
      extension_number: '9002',
      sip_password: CHOSEN,
    });
    expect([failed.status, failed.text]).toEqual([500, '{"message":"Server error"}']);
    const line = dialplane.logLines.find((text) => text.includes('request failed')) ?? '';
    expect(JSON.parse(line)).toMatchObject({ reqId: failed.headers.get('x-request-id') });
    for (const secret of [CHOSEN, row?.a1 ?? 'v1.', 'v1.']) expect(line).not.toContain(secret);
    await dialplane.stop();
  });
});
