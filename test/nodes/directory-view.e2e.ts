import { type Answer, Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';

const MASK = '********';

describeOnEach('GET /api/pbx/extensions/{ext}/directory', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });

  const make = (body: object): Promise<Answer<unknown>> =>
    dialplane.api(tenant.token, 'POST', '/extensions', { extension_number: '1001', ...body });
  const view = (token = tenant.token): Promise<Answer<unknown>> =>
    dialplane.api(token, 'GET', '/extensions/1001/directory');
  const real = (): Promise<Answer<null>> => dialplane.lookupUser('1001', tenant.tenant.domain);

  it('is what FreeSWITCH is given, byte for byte, but for the secrets', async () => {
    const display_name = 'name="vm-password" value="0" ******** Đặng';
    await make({ display_name, voicemail_enabled: true, voicemail_pin: '43219876' });
    const given = (await real()).text;
    const a1 = /a1-hash" value="([0-9a-f]{32})"/.exec(given)?.[1] ?? 'none';
    const { status, headers, text } = await view();
    expect([status, headers.get('content-type')]).toEqual([200, 'text/xml; charset=utf-8']);
    expect(text).toBe(given.replace(a1, MASK));
    expect([text.split(MASK).length, text.includes('43219876')]).toEqual([2, false]);
  });

  it('is "not found" for a disabled extension, as FreeSWITCH is told', async () => {
    await make({});
    await dialplane.api(tenant.token, 'PUT', '/extensions/1001', { status: 'disabled' });
    const { status, text } = await view();
    expect([status, text]).toEqual([200, (await real()).text]);
    expect(text).toContain('<result status="not found"/>');
  });

  it('is nothing for an extension that is not there, or is not there any more, or is malformed', async () => {
    const absent = await view();
    expect([absent.status, absent.text]).toEqual([404, '{"message":"Resource not found"}']);
    expect(absent.headers.get('content-type')).toMatch(/^application\/json/);
    await make({});
    expect((await view((await dialplane.tenant()).token)).status).toBe(404);
    await dialplane.api(tenant.token, 'DELETE', '/extensions/1001');
    expect((await view()).status).toBe(404);
    const malformed = await dialplane.api(tenant.token, 'GET', '/extensions/x/directory');
    expect(malformed.status).toBe(404);
  });
});
