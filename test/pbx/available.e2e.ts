import { Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';
import { person } from '../harness/people';
import { addTeam } from '../harness/records';

interface Body {
  data: string[];
  errors: Record<string, string[]>;
}

describeOnEach('available numbers', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
    tenant = await dialplane.tenant();
    for (const extension_number of ['1000', '1001', '1004', '10005', '999', '0002', '9999999998']) {
      await api('POST', '', { extension_number });
    }
    await api('PUT', '/1004', { status: 'disabled' });
    await api('POST', '', { extension_number: '1003' });
    await api('DELETE', '/1003');
    const other = await dialplane.tenant();
    await dialplane.api(other.token, 'POST', '/extensions', { extension_number: '1002' });
  });
  afterAll(() => dialplane.stop());

  const api = <T>(method: string, path: string, body?: unknown, token = tenant.token) =>
    dialplane.api<T>(token, method, `/extensions${path}`, body);
  const available = async (query: string, token?: string): Promise<unknown> =>
    (await api<Body>('GET', `/available${query}`, undefined, token)).body.data;

  it.each([
    ['?from=1000&to=1999&count=4', ['1002', '1003', '1005', '1006']],
    ['?count=2', ['1002', '1003']],
    ['?from=998&count=9', ['998']],
    ['?to=99999&count=1', ['10000']],
    ['?from=10004&count=2', ['10004', '10006']],
    ['?from=0000&to=0003', ['0000', '0001', '0003']],
    ['?from=1000&to=1001', []],
    ['?from=0000000000&to=9999999999&count=1', ['0000000000']],
    ['?from=9999999997&count=3', ['9999999997', '9999999999']],
  ])('%s are %j', async (query, numbers) => {
    expect(await available(query)).toEqual(numbers);
  });

  it('are 20 unless told otherwise, 1,000 at most', async () => {
    expect(await available('')).toHaveLength(20);
    expect(await available('?from=2000&count=1000')).toHaveLength(1000);
  });

  it('can be taken', async () => {
    const [number] = (await available('?from=7000&count=1')) as string[];
    expect((await api('POST', '', { extension_number: number })).status).toBe(201);
    expect(await available('?from=7000&count=1')).toEqual(['7001']);
  });

  it.each([
    ['?from=10', 'from', 'The from format is invalid.'],
    ['?to=12345678901', 'to', 'The to format is invalid.'],
    ['?from=1000&to=99999', 'to', 'The to must have as many digits as the from.'],
    ['?from=2000&to=1999', 'to', 'The to must be greater than or equal to the from.'],
    ['?count=0', 'count', 'The count must be between 1 and 1000.'],
    ['?count=1001', 'count', 'The count must be between 1 and 1000.'],
    ['?count=x', 'count', 'The count must be an integer.'],
  ])('refuse %s', async (query, field, sentence) => {
    const refused = await api<Body>('GET', `/available${query}`);
    expect([refused.status, refused.body.errors]).toEqual([422, { [field]: [sentence] }]);
  });

  it('are those of the whole account, for who may make extensions', async () => {
    const team = await addTeam(dialplane, tenant, 'Sales');
    const supervisor = await person(dialplane, tenant, 'supervisor', { team_ids: [team.id], pbx: 'admin' });
    expect(await available('?count=2', supervisor.token)).toEqual(['1002', '1003']);
    for (const role of ['supervisor', 'read_only', 'agent'] as const) {
      const token = await dialplane.token(tenant.tenant, role);
      expect((await api('GET', '/available', undefined, token)).status).toBe(403);
    }
  });
});
