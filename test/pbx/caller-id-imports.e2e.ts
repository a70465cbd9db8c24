import { type Answer, Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';

interface CallerId {
  display_name: string | null;
  carrier: string;
  is_default: boolean;
}

interface Body {
  data: CallerId;
  errors: Record<string, string[]>;
}

describeOnEach('imported caller IDs', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });
  afterAll(() => dialplane.stop());

  const api = <T = Body>(method: string, path: string, body?: unknown) =>
    dialplane.api<T>(tenant.token, method, path, body);
  const csv = (text: string | Uint8Array): Promise<Answer<Body>> =>
    dialplane.request<Body>('POST', '/api/pbx/caller-ids/import', {
      headers: { Authorization: `Bearer ${tenant.token}`, 'Content-Type': 'text/csv; charset=utf-8' },
      body: text,
    });
  const json = (caller_ids: unknown): Promise<Answer<Body>> =>
    api('POST', '/caller-ids/import', { caller_ids });

  it('come as JSON', async () => {
    const rows = [{ number: '0900000020', display_name: 'A', is_default: true }, { number: '02812345678' }];
    const imported = await json(rows);
    expect([imported.status, imported.body]).toEqual([201, { data: { created: 2 } }]);
    expect((await api('GET', '/caller-ids/0900000020')).body.data).toMatchObject({
      display_name: 'A',
      is_default: true,
    });
    expect((await api('GET', '/caller-ids/02812345678')).body.data.carrier).toBe('landline');
    const audit = await api<{ data: object[] }>('GET', '/audit?resource_type=caller_id');
    expect(audit.body.data).toHaveLength(2);
  });

  it('come as CSV', async () => {
    const lines = [
      '\uFEFFnumber,display_name,carrier,is_default',
      '0900000020,"Bán hàng, ""A""",viettel,true',
      '',
      '0900000021,,,false',
      '0961234567',
    ];
    const imported = await csv(lines.join('\r\n'));
    expect([imported.status, imported.body]).toEqual([201, { data: { created: 3 } }]);
    const first = await api('GET', '/caller-ids/0900000020');
    expect(first.body.data).toMatchObject({
      display_name: 'Bán hàng, "A"',
      carrier: 'viettel',
      is_default: true,
    });
    const second = await api('GET', '/caller-ids/0900000021');
    expect(second.body.data).toMatchObject({ display_name: null, carrier: 'mobifone', is_default: false });
  });

  it('come as a spreadsheet writes them', async () => {
    const lines = [
      'number;is_default',
      ...['0900000020;FALSE', '0900000021;0', '0900000022;True', '0900000023;'],
    ];
    for (const [i, end] of ['\r\n', '\n', '\r'].entries()) {
      if (i > 0) tenant = await dialplane.tenant();
      const imported = await csv(lines.join(end));
      expect([imported.status, imported.body]).toEqual([201, { data: { created: 4 } }]);
      expect((await api('GET', '/caller-ids/0900000022')).body.data.is_default).toBe(true);
    }
    expect((await csv('number,is_default\n0900000024,1\n')).status).toBe(201);
    expect((await api('GET', '/caller-ids/0900000024')).body.data.is_default).toBe(true);
    expect((await csv('number,is_default\n0900000025,constructor\n')).body.errors).toEqual({
      'caller_ids.0.is_default': ['The is default field must be true or false.'],
    });
  });

  it('may be a thousand at once', async () => {
    const rows = Array.from({ length: 1_000 }, (_, i) => ({
      number: String(900_000_000 + i).padStart(10, '0'),
      display_name: 'Đ'.repeat(100),
    }));
    expect((await json([...rows, { number: '0123456789' }])).body.errors).toEqual({
      caller_ids: ['The caller ids may not have more than 1000 items.'],
    });
    expect((await json(rows)).status).toBe(201);
    const { body } = await api<{ total: number }>('GET', '/caller-ids');
    expect(body.total).toBe(1_000);
  });

  it('are made all or none, each error named by its row', async () => {
    await api('POST', '/caller-ids', { number: '0900000020' });
    const wrong = await json([
      { number: '0900000021', is_default: true },
      { number: 'x', carrier: 'y' },
      'z',
      { number: '0900000022', is_default: true },
    ]);
    expect([wrong.status, wrong.body.errors]).toEqual([
      422,
      {
        'caller_ids.1.number': ['The number format is invalid.'],
        'caller_ids.1.carrier': ['The selected carrier is invalid.'],
        'caller_ids.2': ['The caller ids.2 must be an object.'],
        'caller_ids.3.is_default': ['The is default field may be true only once.'],
      },
    ]);
    const taken = await json([
      { number: '0900000021' },
      { number: '84900000020' },
      { number: '+84900000021' },
    ]);
    const sentence = ['The number has already been taken.'];
    expect(taken.body.errors).toEqual({
      'caller_ids.1.number': sentence,
      'caller_ids.2.number': sentence,
    });
    const broken = await csv('number,is_default\n0900000021,maybe\n');
    expect(broken.body.errors).toEqual({
      'caller_ids.0.is_default': ['The is default field must be true or false.'],
    });
    const left = await api<{ data: object[] }>('GET', '/caller-ids?status=all');
    expect(left.body.data).toMatchObject([{ number: '0900000020' }]);
  });

  it('refuse what is none', async () => {
    expect((await csv('number\n"0900000020')).body.errors).toEqual({
      caller_ids: ['The file is no CSV: a quote is never closed.'],
    });
    expect((await csv('number\n0900000020,x\n')).body.errors).toEqual({
      caller_ids: ['Line 2 of the CSV has more cells than the first.'],
    });
    const long = { caller_ids: ['The caller ids may not have more than 1000 items.'] };
    expect((await csv(`number\n${'1\n'.repeat(1_001)}`)).body.errors).toEqual(long);
    expect((await csv('\n'.repeat(500_000))).body.errors).toEqual((await csv('')).body.errors);
    expect((await csv(','.repeat(500_000))).body.errors).toEqual({
      caller_ids: ['The file has a row of more than 64 KiB.'],
    });
    expect((await csv('')).body.errors.caller_ids).toHaveLength(1);
    expect((await csv('is_default\ntrue\n')).body.errors).toEqual({
      'caller_ids.0.number': ['The number field is required.'],
    });
    expect((await csv(Uint8Array.from([0x6e, 0xff]))).status).toBe(400);
    expect((await json({})).body.errors).toEqual({ caller_ids: ['The caller ids must be an array.'] });
    expect((await api('POST', '/caller-ids/import', [])).status).toBe(400);
    expect((await csv('x'.repeat(600_000))).status).toBe(413);
  });

  it('refuse a column that is unknown or there twice', async () => {
    const known = 'There are number, display_name, carrier, cli_type, is_default.';
    for (const [header, sentence] of [
      ['number,carier', `The column carier is unknown. ${known}`],
      ['number,toString', `The column toString is unknown. ${known}`],
      ['number,', `The column without a name is unknown. ${known}`],
      ['number,number', 'The column number is there twice.'],
    ]) {
      const { status, body } = await csv(`${header}\n0900000020,viettel\n`);
      expect([status, body.errors]).toEqual([422, { caller_ids: [sentence] }]);
    }
    expect((await api<{ total: number }>('GET', '/caller-ids')).body.total).toBe(0);
  });

  it("are what they were before a spreadsheet's shield", async () => {
    await csv(`number;display_name\n'+84900000020;"A;'=1;''-2;'x"\n`);
    expect((await api('GET', '/caller-ids/0900000020')).body.data.display_name).toBe("A;=1;'-2;'x");
  });
});
