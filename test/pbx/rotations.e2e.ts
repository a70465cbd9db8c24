import { IsNull } from 'typeorm';
import { RevocationNode } from '../../src/schema/revocation-node.entity';
import { type Phone } from '../fake-freeswitch/fake-freeswitch';
import { eventually } from '../harness/eventually';
import { describeOnEach } from '../harness/lanes';
import { addExtensions, addTeam } from '../harness/records';
import { registers, Site } from '../harness/site';

interface Rotated {
  data: { extension_number: string; sip_password: string; generated_password: boolean }[];
}

interface Refused {
  message: string;
  errors: Record<string, string[]>;
}

describeOnEach('rotation', (lane) => {
  let site: Site;
  let phone: Phone;

  beforeAll(async () => {
    site = await Site.start(lane);
  });
  afterAll(() => site.stop());
  beforeEach(async () => {
    await site.renewTenant();
    phone = await site.create('1001');
  });

  const rotate = <T = Rotated>(body: unknown, query = '', token?: string) =>
    site.api<T>('POST', `/change-passwords${query}`, body, token);
  const numbers = (body: Rotated): string[] => body.data.map((row) => row.extension_number);

  describe('of one password', () => {
    const change = (query: string) =>
      site.api<{ data: { sip_password: string } }>('POST', `/1001/change-password${query}`, {});

    it.each([
      ['', 1],
      ['?disconnect=false', 1],
      ['?disconnect=true', 0],
    ])('with %j leaves %i contacts, and lets only the new password in', async (query, left) => {
      await registers(site.fs1, phone);
      const answer = await change(query);
      expect(answer.status).toBe(200);
      expect(site.fs1.registrations(phone)).toHaveLength(left);
      expect(await registers(site.fs1, phone)).toBe(false);
      const renewed = { ...phone, password: answer.body.data.sip_password };
      expect(await registers(site.fs1, renewed)).toBe(true);
      await site.verified('1001');
      expect(site.fs1.registrations(phone)).toHaveLength(left + 1);
    });

    it.each(['?disconnect=1', '?disconnect=', '?disconnect=TRUE', '?disconnect=true&disconnect=true'])(
      'refuses %s, and changes nothing',
      async (query) => {
        const answer = await change(query);
        expect([answer.status, answer.body]).toMatchObject([
          422,
          { errors: { disconnect: ['The disconnect field must be true or false.'] } },
        ]);
        expect(await registers(site.fs1, phone)).toBe(true);
      },
    );
  });

  describe('of many', () => {
    it('of a list gives each a password of its own, which alone is let in', async () => {
      const second = await site.create('1002');
      const third = await site.create('1003');
      for (const each of [phone, second, third]) await registers(site.fs1, each);
      const answer = await rotate({ extension_numbers: ['1002', '1001', '1002'] });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(numbers(answer.body)).toEqual(['1002', '1001']);
      expect(new Set(answer.body.data.map((row) => row.sip_password)).size).toBe(2);
      for (const { extension_number, sip_password, generated_password } of answer.body.data) {
        const renewed = { user: extension_number, domain: phone.domain, password: sip_password };
        expect(generated_password).toBe(true);
        expect(await registers(site.fs1, renewed)).toBe(true);
      }
      expect(await registers(site.fs1, phone)).toBe(false);
      expect(await registers(site.fs1, second)).toBe(false);
      expect(await registers(site.fs1, third)).toBe(true);
      expect((await site.receipts('1002'))[0]?.reason).toBe('password_changed');
    });

    it('of a team, or of all, takes disabled ones and no deleted or foreign ones', async () => {
      const other = await site.dialplane.tenant();
      const foreign = await site.create('1001', other);
      const team = await addTeam(site.dialplane, site.tenant, 'Sales');
      const empty = await addTeam(site.dialplane, site.tenant, 'Nobody');
      for (const number of ['1002', '1003', '1004']) await site.create(number);
      for (const number of ['1003', '1004']) await site.api('PUT', `/${number}`, { team_id: team.id });
      await site.api('PUT', '/1003', { status: 'disabled' });
      await site.api('DELETE', '/1004');
      expect(numbers((await rotate({ team_id: team.id })).body)).toEqual(['1003']);
      expect(numbers((await rotate({ team_id: empty.id })).body)).toEqual([]);
      expect(numbers((await rotate({ all: true })).body)).toEqual(['1001', '1002', '1003']);
      expect(await registers(site.fs1, foreign)).toBe(true);
    });

    it('with ?disconnect=true puts the phones out now', async () => {
      const second = await site.create('1002');
      for (const each of [phone, second]) await registers(site.fs1, each);
      await rotate({ extension_numbers: ['1001'] }, '?disconnect=true');
      await rotate({ extension_numbers: ['1002'] });
      expect(site.fs1.registrations(phone)).toEqual([]);
      expect(site.fs1.registrations(second)).toHaveLength(1);
    });

    const rotateAll = (query: string, accept?: string) =>
      site.dialplane.request('POST', `/api/pbx/extensions/change-passwords${query}`, {
        headers: {
          Authorization: `Bearer ${site.tenant.token}`,
          'Content-Type': 'application/json',
          ...(accept !== undefined && { Accept: accept }),
        },
        body: JSON.stringify({ all: true }),
      });

    // Which Accept header means what: src/api/edge/csv-stream.spec.ts.
    it.each([
      ['?format=csv', 'application/json'],
      ['', 'text/csv;q=0.9, */*;q=0.1'],
    ])('%j answers as CSV to who asks for %s', async (query, accept) => {
      const answer = await rotateAll(query, accept);
      expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      const [, password = ''] =
        /^extension_number,sip_password\r\n1001,([A-Za-z0-9]{24})\r\n$/.exec(answer.text) ?? [];
      expect(await registers(site.fs1, { ...phone, password })).toBe(true);
    });

    it.each([
      ['?format=json', 'text/csv'],
      ['', undefined],
    ])('%j answers as JSON to who asks for %s', async (query, accept) => {
      const answer = await rotateAll(query, accept);
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(numbers(answer.body as Parameters<typeof numbers>[0])).toEqual(['1001']);
    });

    it('refuses what is not one selection', async () => {
      const field = (name: string, sentence: string) => ({ [name]: [sentence] });
      const cases: [unknown, Record<string, string[]>][] = [
        [
          {},
          field(
            'team_id',
            'The team id field is required when none of extension numbers and all are present.',
          ),
        ],
        [{ team_id: 1, all: true }, field('all', 'The all field prohibits team id from being present.')],
        [{ all: false }, field('all', 'The all field must be true.')],
        [{ team_id: 'x' }, field('team_id', 'The team id must be an integer.')],
        [
          { extension_numbers: '1001' },
          field('extension_numbers', 'The extension numbers must be an array.'),
        ],
        [
          { extension_numbers: [] },
          field('extension_numbers', 'The extension numbers must have at least 1 items.'),
        ],
        [
          { extension_numbers: Array.from({ length: 10_001 }, () => '1001') },
          field('extension_numbers', 'The extension numbers may not have more than 10000 items.'),
        ],
        [
          { extension_numbers: ['1001', 1001, '1x'] },
          {
            ...field('extension_numbers.1', 'The extension numbers.1 must be a string.'),
            ...field('extension_numbers.2', 'The extension numbers.2 format is invalid.'),
          },
        ],
      ];
      for (const [body, errors] of cases) {
        const answer = await rotate<Refused>(body);
        expect([answer.status, answer.body.errors]).toEqual([422, errors]);
      }
      expect(await registers(site.fs1, phone)).toBe(true);
    });

    it('changes none when one is not there, or the team is not ours', async () => {
      const other = await site.dialplane.tenant();
      const theirs = await addTeam(site.dialplane, other, 'Theirs');
      await site.create('2001', other);
      const missing = await rotate<Refused>({ extension_numbers: ['1001', '1001', '2001', '9999'] });
      expect([missing.status, missing.body.errors]).toEqual([
        422,
        {
          'extension_numbers.2': ['The selected extension numbers.2 is invalid.'],
          'extension_numbers.3': ['The selected extension numbers.3 is invalid.'],
        },
      ]);
      const foreign = await rotate<Refused>({ team_id: theirs.id });
      expect(foreign.body.errors).toEqual({ team_id: ['The selected team id is invalid.'] });
      const reader = await site.dialplane.token(site.tenant.tenant, 'read_only');
      expect((await rotate({ all: true }, '', reader)).status).toBe(403);
      expect(await registers(site.fs1, phone)).toBe(true);
    });

    it('takes a list as long as it may be, in a body as large as it needs', async () => {
      const list = Array.from({ length: 10_000 }, (_, i) => (i === 0 ? '1001' : String(1_000_000_000 + i)));
      const answer = await site.dialplane.request<Refused>('POST', '/api/pbx/extensions/change-passwords', {
        headers: { Authorization: `Bearer ${site.tenant.token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ extension_numbers: list }, null, 4),
      });
      expect(answer.status).toBe(422);
      expect(Object.keys(answer.body.errors)).toHaveLength(9_999);
      expect((await site.api('PUT', '/1001', { x: 'x'.repeat(100_000) })).status).toBe(413);
    });

    it('of very many is in the way of no delete, and completed on every node', async () => {
      await addExtensions(site.dialplane, site.tenant, 300);
      await registers(site.fs1, phone);
      expect((await rotate({ all: true })).body.data).toHaveLength(301);
      await site.api('DELETE', '/1001');
      await eventually(() => site.fs1.registrations(phone).length === 0);
      const { manager } = site.dialplane.dataSource;
      expect(await manager.countBy(RevocationNode, { verifiedAt: IsNull() })).toBeGreaterThan(100);
      for (const fake of [site.fs1, site.fs2]) {
        const flushed = () =>
          fake.commands.filter((command) => /xml_flush_cache .* (\S+)$/.exec(command)?.[1] === phone.domain);
        await eventually(() => new Set(flushed()).size === 301);
      }
    });
  });
});
