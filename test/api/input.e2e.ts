import { Dialplane, type TestTenant } from '../harness/dialplane';
import { describeOnEach } from '../harness/lanes';

interface Failure {
  message: string;
  errors?: Record<string, string[]>;
}

const LONG = 'x'.repeat(500);

/** Field, value, sentence: what a client reads for it on POST. */
const WRONG_FIELDS: [string, unknown, string][] = [
  ['extension_number', undefined, 'The extension number field is required.'],
  ['extension_number', null, 'The extension number field is required.'],
  ['extension_number', '', 'The extension number field is required.'],
  ['extension_number', 9001, 'The extension number must be a string.'],
  ['extension_number', '12', 'The extension number format is invalid.'],
  ['extension_number', '12345678901', 'The extension number format is invalid.'],
  ['extension_number', '９００１', 'The extension number format is invalid.'],
  ['extension_number', '9001\n', 'The extension number format is invalid.'],
  ['extension_number', ['9001'], 'The extension number must be a string.'],
  ['extension_number', { $gt: '' }, 'The extension number must be a string.'],
  ['display_name', 7, 'The display name must be a string.'],
  ['display_name', LONG, 'The display name may not be greater than 100 characters.'],
  ['display_name', 'a\0b', 'The display name format is invalid.'],
  ['display_name', 'a\r\nb', 'The display name format is invalid.'],
  ['display_name', 'a\u0085b', 'The display name format is invalid.'],
  ['display_name', 'a\uD800b', 'The display name format is invalid.'],
  ['display_name', 'a\uFFFFb', 'The display name format is invalid.'],
  ['team_id', '2', 'The team id must be an integer.'],
  ['team_id', 1.5, 'The team id must be an integer.'],
  ['team_id', -1, 'The selected team id is invalid.'],
  ['team_id', 99_999, 'The selected team id is invalid.'],
  ['team_id', 1e300, 'The selected team id is invalid.'],
  ['sip_password', 'short', 'The sip password must be at least 8 characters.'],
  ['sip_password', 'x'.repeat(101), 'The sip password may not be greater than 100 characters.'],
  ['sip_password', 12_345_678, 'The sip password must be a string.'],
  ['sip_password', 'with\0nul-inside', 'The sip password format is invalid.'],
  ['voicemail_enabled', 'yes', 'The voicemail enabled field must be true or false.'],
  ['tls_enabled', 1, 'The tls enabled field must be true or false.'],
  ['voicemail_email', 7, 'The voicemail email must be a valid email address.'],
  ['voicemail_email', 'an@mail', 'The voicemail email must be a valid email address.'],
  ['voicemail_email', 'an@mail.test\n', 'The voicemail email must be a valid email address.'],
  ['voicemail_email', 'an ng@mail.test', 'The voicemail email must be a valid email address.'],
  ['voicemail_email', `an@${'x.'.repeat(130)}test`, 'The voicemail email must be a valid email address.'],
  [
    'voicemail_email',
    "o'brien@mail.test",
    'The voicemail email may hold only letters, digits and . _ + - before the @, and not begin with . or -.',
  ],
  ['voicemail_pin', 4711, 'The voicemail pin must be a string.'],
  ['voicemail_pin', 'abcd', 'The voicemail pin must be between 4 and 20 digits.'],
  ['voicemail_pin', '12 34', 'The voicemail pin must be between 4 and 20 digits.'],
  ['voicemail_pin', '１２３４', 'The voicemail pin must be between 4 and 20 digits.'],
  ['voicemail_pin', '1', 'The voicemail pin must be between 4 and 20 digits.'],
  ['voicemail_pin', '1'.repeat(21), 'The voicemail pin must be between 4 and 20 digits.'],
  ['recording_mode', 'some', 'The selected recording mode is invalid.'],
  ['recording_mode', ['all'], 'The selected recording mode is invalid.'],
  ['max_concurrent', 0, 'The max concurrent must be between 1 and 10.'],
  ['max_concurrent', 11, 'The max concurrent must be between 1 and 10.'],
  ['max_concurrent', '2', 'The max concurrent must be an integer.'],
  ['outbound_caller_id', 900000020, 'The outbound caller id must be a string.'],
  ['outbound_caller_id', '0999999999', 'The selected outbound caller id is invalid.'],
];

/** Names that people have, or might. */
const HONEST_NAMES = [
  'Nguyễn Văn Ngọc',
  'مكتب الاستقبال',
  'דלפק',
  '🎧 Support 👩🏽‍💻',
  'O\'Brien "Bob"',
  'R&D <room 3>',
  '100% $ure ${name} $${domain}',
  'back\\slash',
  '  spaces  ',
  '<include>',
  'X-PRE-PROCESS',
  '&#36;&#36;',
  '\u202Eoverride',
  '😀'.repeat(100),
];

describeOnEach('input', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });

  const total = async (): Promise<number> =>
    (await dialplane.api<{ total: number }>(tenant.token, 'GET', '/extensions')).body.total;
  const raw = (method: string, path: string, body: string | Buffer, type = 'application/json') =>
    dialplane.request<Failure>(method, `/api/pbx${path}`, {
      headers: { Authorization: `Bearer ${tenant.token}`, 'Content-Type': type },
      body,
    });

  it.each(WRONG_FIELDS)('POST with %s = %j says: %s', async (field, value, sentence) => {
    const body = { extension_number: '9001', [field]: value };
    const answer = await dialplane.api<Failure>(tenant.token, 'POST', '/extensions', body);
    expect([answer.status, answer.body]).toEqual([
      422,
      { message: 'The given data was invalid.', errors: { [field]: [sentence] } },
    ]);
    expect(await total()).toBe(0);
  });

  it('says everything that is wrong at once', async () => {
    const body = { extension_number: 'x', max_concurrent: 0, recording_mode: 1 };
    const answer = await dialplane.api<Failure>(tenant.token, 'POST', '/extensions', body);
    expect(Object.keys(answer.body.errors ?? {})).toEqual([
      'extension_number',
      'recording_mode',
      'max_concurrent',
    ]);
  });

  it.each([
    ['voicemail_enabled', null, 'The voicemail enabled field must be true or false.'],
    ['recording_mode', null, 'The selected recording mode is invalid.'],
    ['max_concurrent', null, 'The max concurrent must be an integer.'],
    ['status', 'deleted', 'The selected status is invalid.'],
    ['status', null, 'The selected status is invalid.'],
    ['display_name', LONG, 'The display name may not be greater than 100 characters.'],
  ])('PUT with %s = %j says: %s', async (field, value, sentence) => {
    await dialplane.api(tenant.token, 'POST', '/extensions', {
      extension_number: '9001',
      display_name: 'kept',
    });
    const before = await dialplane.api(tenant.token, 'GET', '/extensions/9001');
    const body = { display_name: 'changed', [field]: value };
    const answer = await dialplane.api<Failure>(tenant.token, 'PUT', '/extensions/9001', body);
    expect([answer.status, answer.body.errors]).toEqual([422, { [field]: [sentence] }]);
    expect((await dialplane.api(tenant.token, 'GET', '/extensions/9001')).text).toBe(before.text);
  });

  it.each([
    ['broken JSON', '{"extension_number":', 400],
    ['no JSON', 'extension_number=9001', 400],
    ['an array', '[]', 400],
    ['null', 'null', 400],
    ['a string', '"9001"', 400],
    ['a number', '9001', 400],
    ['bad UTF-8', Buffer.from('{"extension_number":"9001","display_name":"\xff\xfe"}', 'latin1'), 400],
    ['__proto__', '{"extension_number":"9001","__proto__":{"status":"disabled"}}', 400],
    ['1 MB', JSON.stringify({ extension_number: '9001', display_name: 'x'.repeat(1_000_000) }), 413],
    ['100,000 levels', '['.repeat(30_000) + ']'.repeat(30_000), 400],
  ])('a body of %s changes nothing', async (_name, body, status) => {
    const answer = await raw('POST', '/extensions', body);
    expect(answer.status).toBe(status);
    expect(answer.body.message).toMatch(/^[A-Z].*[a-z.]$/);
    expect(await total()).toBe(0);
  });

  it('a body of null is no object, whatever is asked for, and no body at all is an empty one', async () => {
    await dialplane.api(tenant.token, 'POST', '/extensions', { extension_number: '9001' });
    for (const [method, path] of [
      ['PUT', '/extensions/9001'],
      ['POST', '/extensions/9001/change-password'],
      ['POST', '/extensions/change-passwords'],
      ['POST', '/extensions/import'],
      ['POST', '/caller-ids/import'],
    ] as const) {
      const answer = await raw(method, path, 'null');
      expect([path, answer.status, answer.body]).toEqual([path, 400, { message: 'Malformed request body' }]);
    }
    expect((await dialplane.api(tenant.token, 'PUT', '/extensions/9001')).status).toBe(200);
    expect((await raw('PUT', '/extensions/9001', '')).status).toBe(200);
  });

  it('reads JSON only', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'x',
    ]) {
      const answer = await raw('POST', '/extensions', 'extension_number=9001', type);
      expect([answer.status, answer.body]).toEqual([400, { message: 'Malformed request body' }]);
    }
    expect(await total()).toBe(0);
  });

  it.each([
    ['page=0', 'page', 'The page must be between 1 and 1000000.'],
    ['page=-1', 'page', 'The page must be between 1 and 1000000.'],
    ['page=x', 'page', 'The page must be an integer.'],
    ['page=1.5', 'page', 'The page must be an integer.'],
    ['page=', 'page', 'The page must be an integer.'],
    ['page=99999999999999999999', 'page', 'The page must be an integer.'],
    ['page=1&page=2', 'page', 'The page must be an integer.'],
    ['per_page=0', 'per_page', 'The per page must be between 1 and 200.'],
    ['per_page=201', 'per_page', 'The per page must be between 1 and 200.'],
    [`search=${LONG}`, 'search', 'The search may not be greater than 100 characters.'],
    ['search=%00', 'search', 'The search format is invalid.'],
    ['search=a&search=b', 'search', 'The search must be a string.'],
    ['status=gone', 'status', 'The selected status is invalid.'],
  ])('?%s says of %s: %s', async (query, field, sentence) => {
    const answer = await dialplane.api<Failure>(tenant.token, 'GET', `/extensions?${query}`);
    expect([answer.status, answer.body.errors]).toEqual([422, { [field]: [sentence] }]);
  });

  it('refuses an address that is not UTF-8', async () => {
    for (const path of ['/extensions?search=%FF', '/extensions/%FF', '/extensions?%E0%A4%A=1']) {
      const answer = await dialplane.api<Failure>(tenant.token, 'GET', path);
      expect(answer.status).toBe(400);
      expect(answer.body.message).toMatch(/^Malformed request/);
    }
  });

  it.each(HONEST_NAMES)('keeps the name %s exactly', async (name) => {
    const body = { extension_number: '9001', display_name: name };
    const made = await dialplane.api<{ data: { display_name: string } }>(
      tenant.token,
      'POST',
      '/extensions',
      body,
    );
    expect(made.body.data.display_name).toBe(name);
    const kept = await dialplane.api<{ data: { display_name: string } }>(
      tenant.token,
      'GET',
      '/extensions/9001',
    );
    expect(kept.body.data.display_name).toBe(name);
  });
});
