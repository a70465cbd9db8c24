import { Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';
import { addCallerId } from '../harness/records';

interface Page {
  data: { number: string }[];
  total: number;
}

describeOnEach('/api/pbx/caller-ids', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
    tenant = await dialplane.tenant();
    for (const number of ['0900000021', '0900000020', '0281234567'])
      await addCallerId(dialplane, tenant, number);
    await addCallerId(dialplane, tenant, '0900000022', 'inactive');
    await addCallerId(dialplane, await dialplane.tenant(), '0900000023');
  });
  afterAll(() => dialplane.stop());

  const list = async (query = ''): Promise<Page> =>
    (await dialplane.api<Page>(tenant.token, 'GET', `/caller-ids${query}`)).body;

  it("lists the tenant's active numbers with the contract's fields", async () => {
    const answer = await list();
    expect(answer).toMatchObject({ current_page: 1, last_page: 1, per_page: 50, total: 3 });
    expect(answer.data.map(({ number }) => number)).toEqual(['0281234567', '0900000020', '0900000021']);
    expect(answer.data[1]).toEqual({
      number: '0900000020',
      display_name: 'Sales',
      carrier: 'mobifone',
      cli_type: 'mobile',
      status: 'active',
    });
  });

  it('searches and pages', async () => {
    expect((await list('?search=028')).total).toBe(1);
    expect((await list('?search=sal')).total).toBe(3);
    expect((await list('?search=%25')).total).toBe(0);
    expect((await list('?per_page=2&page=2')).data.map(({ number }) => number)).toEqual(['0900000021']);
  });

  it('knows a number once, however it is written', async () => {
    for (const number of ['84900000020', '+84900000020', '0084900000020', '840900000020', '00840900000020']) {
      await expect(addCallerId(dialplane, tenant, number)).rejects.toMatchObject({
        faults: [{ field: 'number', code: 'taken' }],
      });
      const { body } = await dialplane.api(tenant.token, 'GET', `/caller-ids/${encodeURIComponent(number)}`);
      expect(body).toMatchObject({ data: { number: '0900000020' } });
    }
    await expect(addCallerId(dialplane, tenant, '12')).rejects.toMatchObject({
      faults: [{ field: 'number', code: 'malformed' }],
    });
  });
});
