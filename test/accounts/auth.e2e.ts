import { ApiToken } from '../../src/schema/api-token.entity';
import { Tenant } from '../../src/schema/tenant.entity';
import { Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';

describeOnEach('bearer tokens', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });

  const list = async (authorization?: string): Promise<[number, unknown]> => {
    const headers = authorization === undefined ? {} : { Authorization: authorization };
    const answer = await dialplane.request('GET', '/api/pbx/extensions', { headers });
    return [answer.status, answer.body];
  };
  const id = (): number => Number(tenant.token.split('|')[0]);

  it('are <id>|<40 letters and digits>, kept as a hash', async () => {
    expect(tenant.token).toMatch(/^[1-9]\d*\|[A-Za-z0-9]{40}$/);
    const row = await dialplane.dataSource.manager.findOneByOrFail(ApiToken, { id: id() });
    expect(JSON.stringify(row)).not.toContain(tenant.token.split('|')[1]);
  });

  it('open the API, however Bearer is written', async () => {
    expect((await list(`Bearer ${tenant.token}`))[0]).toBe(200);
    expect((await list(`bearer  ${tenant.token}`))[0]).toBe(200);
  });

  it('that are missing, malformed, unknown or of another id do not', async () => {
    const other = await dialplane.tenant();
    const [, secret] = tenant.token.split('|');
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      tenant.token,
      `Basic ${tenant.token}`,
      `Bearer ${secret}`,
      `Bearer 999999|${secret}`,
      `Bearer 99999999999999999999|${secret}`,
      `Bearer ${other.token.split('|')[0]}|${secret}`,
      `Bearer ${id()}|${'A'.repeat(40)}`,
      `Bearer ${id()}|' OR 1=1 --`,
      `Bearer ${tenant.token}x`,
    ]) {
      expect(await list(authorization)).toEqual([401, { message: 'Unauthenticated.' }]);
    }
  });

  it('end when they are revoked or expire', async () => {
    const expiring = await dialplane.token(tenant.tenant, 'admin', new Date(Date.now() + 60_000));
    expect((await list(`Bearer ${expiring}`))[0]).toBe(200);
    const past = new Date(Date.now() - 1_000);
    await dialplane.dataSource.manager.update(ApiToken, Number(expiring.split('|')[0]), { expiresAt: past });
    await dialplane.dataSource.manager.update(ApiToken, id(), { revokedAt: past });
    expect((await list(`Bearer ${expiring}`))[0]).toBe(401);
    expect((await list(`Bearer ${tenant.token}`))[0]).toBe(401);
  });

  it.each([
    ['admin', 200, 201],
    ['supervisor', 200, 403],
    ['read_only', 200, 403],
    ['agent', 403, 403],
  ] as const)('of a %s read: %i, write: %i', async (role, read, write) => {
    const token = await dialplane.token(tenant.tenant, role);
    expect((await dialplane.api(token, 'GET', '/extensions')).status).toBe(read);
    const made = await dialplane.api(token, 'POST', '/extensions', { extension_number: '1001' });
    expect(made.status).toBe(write);
    if (write === 403) expect(made.body).toEqual({ message: 'This action is unauthorized.' });
  });

  it('of a disabled tenant open nothing', async () => {
    await dialplane.dataSource.manager.update(Tenant, tenant.tenant.id, { status: 'disabled' });
    expect(await list(`Bearer ${tenant.token}`)).toEqual([403, { message: 'This action is unauthorized.' }]);
  });

  it('are asked for before the body is looked at', async () => {
    const init = { headers: { 'Content-Type': 'application/json' }, body: '{}' };
    expect((await dialplane.request('POST', '/api/pbx/extensions', init)).status).toBe(401);
  });
});
