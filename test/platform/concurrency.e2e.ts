import { Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';

describeOnEach('ETag and If-Match', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    tenant = await dialplane.tenant();
    await dialplane.api(tenant.token, 'POST', '/extensions', { extension_number: '1001' });
  });

  const ask = (method: string, body?: object, ifMatch?: string) =>
    dialplane.request<{ message?: string; data: { display_name: string } }>(
      method,
      '/api/pbx/extensions/1001',
      {
        headers: {
          Authorization: `Bearer ${tenant.token}`,
          ...(body && { 'Content-Type': 'application/json' }),
          ...(ifMatch !== undefined && { 'If-Match': ifMatch }),
        },
        ...(body && { body: JSON.stringify(body) }),
      },
    );
  const etag = async (): Promise<string> => (await ask('GET')).headers.get('etag') ?? '';

  it('tell one state of an extension from another, also within a second', async () => {
    const tags = new Set([await etag(), await etag()]);
    expect(tags.size).toBe(1);
    for (const body of [{ display_name: 'A' }, { voicemail_pin: '4711' }, { voicemail_pin: '4712' }]) {
      const answer = await ask('PUT', body);
      expect(answer.headers.get('etag')).toBe(await etag());
      tags.add(await etag());
    }
    await dialplane.api(tenant.token, 'POST', '/extensions/1001/change-password', {});
    tags.add(await etag());
    expect(tags.size).toBe(5);
    for (const tag of tags) expect(tag).toMatch(/^"[\w-]{20,}"$/);
  });

  it('let a change in that knows the present state', async () => {
    expect((await ask('PUT', { display_name: 'A' }, await etag())).status).toBe(200);
    expect((await ask('PUT', { display_name: 'B' }, `"other", ${await etag()}`)).status).toBe(200);
    expect((await ask('PUT', { display_name: 'C' }, '*')).status).toBe(200);
    expect((await ask('DELETE', undefined, await etag())).status).toBe(200);
  });

  it('refuse a change or a deletion that does not, which changes nothing', async () => {
    const old = await etag();
    await ask('PUT', { display_name: 'A' });
    for (const tag of [old, `W/${await etag()}`, '"x"', 'x', '']) {
      for (const method of ['PUT', 'DELETE']) {
        const answer = await ask(method, method === 'PUT' ? { display_name: 'B' } : undefined, tag);
        expect([tag, answer.status, answer.body.message]).toEqual([
          tag,
          412,
          'The resource has changed since it was read.',
        ]);
      }
    }
    expect((await ask('GET')).body.data.display_name).toBe('A');
  });

  it('let one of two changes of the same state in', async () => {
    const tag = await etag();
    const answers = await Promise.all(['A', 'B', 'C'].map((name) => ask('PUT', { display_name: name }, tag)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });
});
