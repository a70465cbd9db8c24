import { Dialplane, type TestTenant } from '../harness/dialplane';
import { importFile } from '../harness/imports';
import { describeOnEach } from '../harness/lanes';
import { ask, operator } from '../harness/people';

interface Body {
  data: { id: number; name: string; display_name: string | null };
  errors: Record<string, string[]>;
}

/** Two ways to write the same name; only the first is kept. */
const [NFC, NFD] = ['Việt Đức é', 'Việt Đức é'.normalize('NFD')];
/** Blanks of all kinds, and what is not seen at all. */
const BLANKS = [' ', '   ', '\u00a0', '\u3000\u2003', '\u200b\ufeff', '\u3164', ' \u200d '];

describeOnEach('names', (lane) => {
  let dialplane: Dialplane;
  let tenant: TestTenant;

  beforeAll(async () => {
    dialplane = await Dialplane.start(lane);
  });
  afterAll(() => dialplane.stop());
  beforeEach(async () => {
    tenant = await dialplane.tenant();
  });

  const pbx = (method: string, path: string, body?: object) =>
    dialplane.api<Body>(tenant.token, method, path, body);

  it('that are only blanks are none', async () => {
    await pbx('POST', '/caller-ids', { number: '0900000020', display_name: 'Sales' });
    await pbx('POST', '/extensions', { extension_number: '1001', display_name: 'Sales' });
    for (const [place, blank] of BLANKS.entries()) {
      const given = { display_name: blank };
      const extension = { extension_number: String(1100 + place), ...given };
      const number = { number: `090000003${place}`, ...given };
      for (const made of [
        await pbx('POST', '/extensions', extension),
        await pbx('POST', '/caller-ids', number),
      ])
        expect([made.status, made.body.data.display_name]).toEqual([201, null]);
      for (const path of ['/extensions/1001', '/caller-ids/0900000020']) {
        await pbx('PUT', path, { display_name: 'Sales' });
        expect((await pbx('PUT', path, given)).body.data.display_name).toBeNull();
      }
    }
    const job = await importFile(dialplane, tenant.token, 'extension_number,display_name\n1200,   \n');
    expect(job).toMatchObject({ created: 1 });
    expect((await pbx('GET', '/extensions/1200')).body.data.display_name).toBeNull();
  });

  it('that must be are not blanks', async () => {
    const token = await operator(dialplane);
    const { id } = (await pbx('POST', '/teams', { name: 'Sales' })).body.data;
    for (const name of BLANKS) {
      const required = { name: ['The name field is required.'] };
      for (const path of ['/teams', '/departments'])
        expect((await pbx('POST', path, { name })).body.errors).toEqual(required);
      const tokens = await ask<Body>(dialplane, tenant.token, 'POST', '/auth/tokens', { name });
      expect(tokens.body.errors).toEqual(required);
      const platform = { name, domain: 'blank.test' };
      const made = await ask<Body>(dialplane, token, 'POST', '/platform/tenants', platform);
      expect(made.body.errors).toEqual(required);
      const changed = await pbx('PUT', `/teams/${id}`, { name });
      expect(changed.body.errors).toEqual({ name: ['The name must be at least 1 characters.'] });
    }
  });

  it('are one, composed or not, and blanks around them stay', async () => {
    const given = { extension_number: '1001', display_name: NFD };
    expect((await pbx('POST', '/extensions', given)).body.data.display_name).toBe(NFC);
    const team = await pbx('POST', '/teams', { name: NFD });
    expect([team.status, team.body.data.name]).toEqual([201, NFC]);
    for (const name of [NFC, NFD])
      expect((await pbx('POST', '/teams', { name })).body.errors).toEqual({
        name: ['The name has already been taken.'],
      });
    for (const search of [NFC, NFD, 'Đức'.normalize('NFD')]) {
      const found = await pbx('GET', `/extensions?search=${encodeURIComponent(search)}`);
      expect(found.body).toMatchObject({ total: 1 });
    }
    const around = await pbx('PUT', '/extensions/1001', { display_name: ' A  B ' });
    expect(around.body.data.display_name).toBe(' A  B ');
    const longest = 'é'.repeat(100).normalize('NFD');
    expect((await pbx('PUT', '/extensions/1001', { display_name: longest })).status).toBe(200);
  });

  it('are no passwords, which stay as they are typed', async () => {
    const given = { extension_number: '1001', sip_password: `Xy7 ${NFD} 3q!` };
    const made = await pbx('POST', '/extensions', given);
    expect(made.body.data).toMatchObject({ sip_password: given.sip_password });
  });
});
