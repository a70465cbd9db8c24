import { Extension } from '../../src/schema/extension.entity';
import { read } from '../harness/directory-answer';
import { importFile } from '../harness/imports';
import { describeOnEach } from '../harness/lanes';
import { ask, operator } from '../harness/people';
import { Site } from '../harness/site';

interface Refused {
  errors: Record<string, string[]>;
}

const REFUSED = { extension_number: ['The extension number must not be an emergency number.'] };

describeOnEach('emergency numbers', (lane) => {
  let site: Site;
  let platform: (given: object) => Promise<{ status: number; body: unknown }>;

  beforeAll(async () => {
    site = await Site.start(lane);
    const token = await operator(site.dialplane);
    const path = `/platform/tenants/${site.tenant.tenant.id}`;
    platform = (given) => ask(site.dialplane, token, 'PUT', path, given);
    await site.create('1001');
  });
  afterAll(() => site.stop());
  beforeEach(() => platform({ country_code: '84', emergency_numbers: null }));

  const told = async (): Promise<string | undefined> => {
    const { text } = await site.dialplane.lookupUser('1001', 'pbx.test');
    return read(text).values.dialplane_emergency_numbers;
  };
  const make = async (extension_number: string): Promise<[number, unknown]> => {
    const { status, body } = await site.api<Refused>('POST', '', { extension_number });
    return [status, body.errors];
  };

  it('are told to FreeSWITCH: those of the country, or the tenant has its own', async () => {
    expect(await told()).toBe('112,113,114,115,911');
    const british = await platform({ country_code: '44' });
    expect(british.body).toMatchObject({ data: { emergency_numbers: ['112', '911', '999'] } });
    expect(await told()).toBe('112,911,999');
    const own = await platform({ emergency_numbers: ['110', '0119', '112'] });
    expect(own.body).toMatchObject({ data: { emergency_numbers: ['0119', '110', '112', '911'] } });
    expect(await told()).toBe('0119,110,112,911');
    expect((await platform({ emergency_numbers: [] })).body).toMatchObject({
      data: { emergency_numbers: ['112', '911'] },
    });
    await platform({ emergency_numbers: null });
    expect(await told()).toBe('112,911,999');
  });

  it.each([['112'], [['1']], [['1234567']], [['11a']], [[112]], [Array<string>(21).fill('110')]])(
    'cannot be %j',
    async (emergency_numbers) => {
      const refused = await platform({ emergency_numbers });
      expect(refused).toMatchObject({ status: 422, body: { errors: { emergency_numbers: [/./] } } });
      expect(await told()).toBe('112,113,114,115,911');
    },
  );

  it('are no extensions: not made, not imported, not offered', async () => {
    for (const number of ['112', '113', '911']) expect(await make(number)).toEqual([422, REFUSED]);
    expect(await make('999')).toEqual([201, undefined]);
    await platform({ emergency_numbers: ['1999'] });
    expect(await make('1999')).toEqual([422, REFUSED]);
    const file = { rows: [{ extension_number: '1998-2000' }] };
    for (const action of ['create', 'upsert']) {
      const job = await importFile(site.dialplane, site.tenant.token, file, `?action=${action}`);
      expect(job.errors).toEqual([{ line: 1, extension_number: '1999', errors: REFUSED }]);
    }
    const offered = await site.api('GET', '/available?from=1998&to=2000');
    expect(offered.body).toEqual({ data: ['1998', '2000'] });
    const refused = await site.api<Refused>('GET', '/available?from=1999&to=1999');
    expect(refused.body).toEqual({ data: [] });
  });

  it('stay with who has one, whom doctor names, and are not restored', async () => {
    expect(await make('777')).toEqual([201, undefined]);
    await site.create('778');
    await site.api('DELETE', '/778');
    await platform({ emergency_numbers: ['777', '778'] });
    expect((await site.api('PUT', '/777', { display_name: 'Reception' })).status).toBe(200);
    const { stdout } = await site.commandLine().run(['doctor']);
    expect(stdout.split('\n').filter((line) => line.includes('emergency'))).toEqual([
      'warn  emergency numbers: nobody can call the extensions 777@pbx.test; delete them, or change the emergency_numbers of their tenant',
    ]);
    const restored = await site.api<Refused>('POST', '/778/restore');
    expect([restored.status, restored.body.errors]).toEqual([422, REFUSED]);
    const { manager } = site.dialplane.dataSource;
    expect(await manager.countBy(Extension, { liveNumber: '778' })).toBe(0);
  });
});
