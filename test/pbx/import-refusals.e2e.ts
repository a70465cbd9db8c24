import { Dialplane, type TestTenant } from '../harness/dialplane';
import { postImport } from '../harness/imports';
import { describeOnEach } from '../harness/lanes';

describeOnEach('what is no import', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });

  const post = <T = { message: string; errors: Record<string, string[]> }>(
    file: string | Buffer | { rows: unknown },
    query = '',
  ) => postImport<T>(dialplane, tenant.token, file, query);

  it.each([
    ['', 'The rows field is required.'],
    ['extension_number\n', 'The rows field is required.'],
    ['display_name\nx\n', 'The column extension_number is missing.'],
    ['extension_number,extension_number\n1,2\n', 'The column extension_number is there twice.'],
    ['extension_number,"x"y\n1,2\n', 'The file is no CSV: look at the quotes in line 1.'],
    ['extension_number\n100000-110000\n', 'No more than 10000 extensions may be imported at once.'],
    [
      `extension_number\n${'1001\n'.repeat(10_001)}`,
      'No more than 10000 extensions may be imported at once.',
    ],
    [`extension_number${'\n'.repeat(12_000_000)}`, 'The rows field is required.'],
    [`extension_number\n${',\n'.repeat(6_000_000)}`, 'The rows field is required.'],
    [
      `extension_number\n${'""\n'.repeat(4_000_000)}`,
      'No more than 10000 extensions may be imported at once.',
    ],
    ['extension_number\n\n\n1001\n"1002"x\n', 'The file is no CSV: look at the quotes in line 5.'],
    [`extension_number\n${','.repeat(12_000_000)}`, 'The file has a row of more than 64 KiB.'],
    [{ rows: [] }, 'The rows field is required.'],
    [{ rows: 'x' }, 'The rows must be an array.'],
  ])('%# is refused at once', async (file, sentence) => {
    const answer = await post(file);
    expect([answer.status, answer.body.errors]).toEqual([422, { rows: [sentence] }]);
    const { body } = await dialplane.api<{ total: number }>(tenant.token, 'GET', '/extensions/imports');
    expect(body.total).toBe(0);
  });

  it('refuses columns, queries and bodies that it does not know', async () => {
    for (const file of ['extension_number,colour\n1,2\n', { rows: [{ colour: 1 }] }]) {
      const answer = await post(file);
      expect(answer.body.errors.rows?.[0]).toMatch(
        /^The column colour is unknown\. There are extension_number, /,
      );
    }
    const query = await post('extension_number\n1001\n', '?action=x&mode=y&dry_run=1');
    expect(Object.keys(query.body.errors)).toEqual(['action', 'mode', 'dry_run']);
    const latin1 = await post(Buffer.from('extension_number,display_name\n1001,Jos\xe9\n', 'latin1'));
    expect([latin1.status, latin1.body]).toEqual([400, { message: 'The file is not UTF-8.' }]);
    const headers = { Authorization: `Bearer ${tenant.token}` };
    for (const type of ['application/vnd.ms-excel', 'application/json']) {
      const init = { headers: { ...headers, 'Content-Type': type }, body: '"x"' };
      const answer = await dialplane.request('POST', '/api/pbx/extensions/import', init);
      expect([answer.status, answer.body]).toEqual([400, { message: 'Malformed request body' }]);
    }
    const elsewhere = {
      headers: { ...headers, 'Content-Type': 'text/csv' },
      body: 'extension_number\n1001\n',
    };
    expect((await dialplane.request('POST', '/api/pbx/extensions', elsewhere)).status).toBe(400);
    expect((await post(`extension_number\n${'x'.repeat(12 * 1024 * 1024)}`)).status).toBe(413);
    expect((await post({ rows: ['x'.repeat(4 * 1024 * 1024)] })).status).toBe(413);
    const { body } = await dialplane.api<{ total: number }>(tenant.token, 'GET', '/extensions');
    expect(body.total).toBe(0);
  });
});
