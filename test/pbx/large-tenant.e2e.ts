import { Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';
import { addExtensions } from '../harness/records';

interface List {
  data: { extension_number: string }[];
  total: number;
}

/** Enough for what was counted to be remembered. */
const COUNT = 5_200;

describeOnEach('the list of a large tenant', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
    tenant = await dialplane.tenant();
    await addExtensions(dialplane, tenant, COUNT, { displayName: 'Desk' });
  });
  afterAll(() => dialplane.stop());

  const list = async (query = '', through = dialplane): Promise<[number, string | undefined]> => {
    const { body } = await through.api<List>(tenant.token, 'GET', `/extensions?per_page=1${query}`);
    return [body.total, body.data[0]?.extension_number];
  };
  const change = async (method: string, path: string, body?: object, through = dialplane): Promise<void> => {
    const { status } = await through.api(tenant.token, method, `/extensions${path}`, body);
    expect(status).toBeLessThan(300);
  };

  it('has its exact total and order after each change, also one that another instance made', async () => {
    const other = await Dialplane.start(lane, {}, dialplane.database);
    try {
      for (const instance of [dialplane, other]) expect(await list('', instance)).toEqual([COUNT, '20000']);
      await change('POST', '', { extension_number: '30000' }, other);
      expect(await list()).toEqual([COUNT + 1, '20000']);
      expect(await list(`&page=${COUNT + 1}`)).toEqual([COUNT + 1, '30000']);
      // As a text it is the last.
      await change('POST', '', { extension_number: '999' }, other);
      for (const instance of [dialplane, other]) expect(await list('', instance)).toEqual([COUNT + 2, '999']);
      await change('DELETE', '/999');
      await change('DELETE', '/30000');
      for (const instance of [dialplane, other]) expect(await list('', instance)).toEqual([COUNT, '20000']);
    } finally {
      await other.stop({ keepDatabase: true });
    }
  });

  it('finds few and many by a part of number and name, with their exact number', async () => {
    expect(await list('&search=2000')).toEqual([11, '20000']);
    expect(await list('&search=2000&page=11')).toEqual([11, '22000']);
    expect(await list('&search=2000&page=12')).toEqual([11, undefined]);
    expect(await list('&search=dESK')).toEqual([COUNT, '20000']);
    expect(await list('&search=Desk&page=1000')).toEqual([COUNT, '20999']);
    expect(await list('&search=Desk&page=1001')).toEqual([COUNT, '21000']);
    expect(await list('&search=Desk&status=disabled')).toEqual([0, undefined]);
    await change('PUT', '/20007', { status: 'disabled', display_name: 'Chair' });
    expect(await list('&status=disabled')).toEqual([1, '20007']);
    expect(await list('&search=Chair')).toEqual([1, '20007']);
    expect(await list('&search=Desk&status=active')).toEqual([COUNT - 1, '20000']);
  });
});
