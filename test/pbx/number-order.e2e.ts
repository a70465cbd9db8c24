import { Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';
import { addExtensions } from '../harness/records';

interface List {
  data: { extension_number: string }[];
  total: number;
}

const ORDER = ['0099', '0100', '100', '200', '999', '1000', '1001', '2000', '10000', '9999999999'];

describeOnEach('the numbers of extensions', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
    tenant = await dialplane.tenant();
    for (const extension_number of [...ORDER].sort())
      await dialplane.api(tenant.token, 'POST', '/extensions', { extension_number, display_name: 'Sales' });
  });
  afterAll(() => dialplane.stop());

  const listed = async (path: string, { token } = tenant): Promise<string[]> => {
    const { body } = await dialplane.api<List>(token, 'GET', path);
    return body.data.map(({ extension_number }) => extension_number);
  };

  it.each(['/extensions', '/extensions?search=Sales&status=active', '/registrations'])(
    'are in the order of numbers in %s, on each page',
    async (path) => {
      expect(await listed(path)).toEqual(ORDER);
      const page = `${path}${path.includes('?') ? '&' : '?'}per_page=4&page=2`;
      expect(await listed(page)).toEqual(ORDER.slice(4, 8));
    },
  );

  it('and in the export, also of more than are read at once', async () => {
    const exported = async ({ token }: TestTenant, query = ''): Promise<string[]> => {
      const { text } = await dialplane.api(token, 'GET', `/extensions/export${query}`);
      const lines = text.trim().split('\r\n').slice(1);
      return lines.map((line) => line.split(',')[0] ?? '');
    };
    expect(await exported(tenant)).toEqual(ORDER);
    expect(await exported(tenant, '?search=100')).toEqual(['0100', '100', '1000', '1001', '10000']);
    const many = await dialplane.tenant();
    await addExtensions(dialplane, many, 2_500);
    for (const extension_number of ['3000', '200'])
      await dialplane.api(many.token, 'POST', '/extensions', { extension_number });
    const numbers = Array.from({ length: 2_500 }, (_, i) => String(20_000 + i));
    expect(await exported(many)).toEqual(['200', '3000', ...numbers]);
    expect((await listed('/extensions?per_page=2&page=1251', many)).at(-1)).toBe('22499');
  });
});
