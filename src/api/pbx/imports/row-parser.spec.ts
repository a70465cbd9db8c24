import { CsvBody } from '../../../core/csv';
import { FieldInvalid, type InvalidData } from '../../../core/errors';
import { JsonBody } from '../../../core/json-rows';
import { type Candidate, MAX_IMPORT_ROWS } from '../../../pbx/imports/import-row';
import { fieldErrors } from '../../edge/field-sentences';
import { PbxRow } from './pbx-row';
import { parseRows } from './row-parser';

const json = (body: object): JsonBody => new JsonBody(Buffer.from(JSON.stringify(body)));
const csv = (text: string): Promise<Candidate[]> => parseRows(new CsvBody(Buffer.from(text)));
const numbers = (candidates: Candidate[]) => candidates.map(({ number }) => number);
const refusal = (body: unknown): Promise<string | undefined> =>
  parseRows(body).then(
    () => undefined,
    (error: InvalidData | FieldInvalid) =>
      Object.values(error instanceof FieldInvalid ? fieldErrors(error) : error.errors)[0]?.[0],
  );

describe('the rows of a file', () => {
  it('are converted by column', async () => {
    const [candidate] = await csv(
      'extension_number,display_name,team_id,max_concurrent,voicemail_enabled,tls_enabled,voicemail_pin\n1001,12,12,x,True,0,0012\n',
    );
    const given = {
      ...{ extension_number: '1001', display_name: '12', team_id: 12, max_concurrent: 'x' },
      ...{ voicemail_enabled: true, tls_enabled: false, voicemail_pin: '0012' },
    };
    expect(candidate?.row).toEqual(new PbxRow(2, given, 'csv'));
    expect(candidate?.row.given).toEqual({
      ...{ extensionNumber: '1001', displayName: '12', teamId: 12, maxConcurrent: 'x' },
      ...{ voicemailEnabled: true, tlsEnabled: false, voicemailPin: '0012' },
    });
  });

  it('must be as wide as the header', async () => {
    const wrong = (await csv('extension_number,display_name\n1001\n1002,a\n1003,a,b\n')).map(
      ({ row, number }) => row.asNew(number).errors?.row?.[0] ?? null,
    );
    expect(wrong).toEqual([
      'The row has 1 cells, but the header has 2.',
      null,
      'The row has 3 cells, but the header has 2.',
    ]);
  });

  it('of JSON are taken as they are', async () => {
    const [first, second] = await parseRows(
      json({ rows: [{ extension_number: '1001', tls_enabled: '1' }, {}] }),
    );
    expect(first?.row).toEqual(new PbxRow(1, { extension_number: '1001', tls_enabled: '1' }, 'json'));
    expect(second).toMatchObject({ number: null, row: { line: 2 } });
  });
});

describe('numbers', () => {
  it('of a range are all from the one to the other, as long as its ends', async () => {
    expect(numbers(await csv('extension_number\n0008-0011\n999-999\n'))).toEqual([
      ...['0008', '0009', '0010', '0011'],
      '999',
    ]);
  });

  it.each(['1001-1000', '100-1000', '99-100', '1000-', '-1000', '1-2-3', ' 1000', '1000 - 1001', 'x', ''])(
    '%j is none',
    async (number) => {
      expect(numbers(await parseRows(json({ rows: [{ extension_number: number }] })))).toEqual([null]);
    },
  );

  it('that were there before are known', async () => {
    const candidates = await csv('extension_number\n1001\n1000-1002\n1002\n1003\n');
    expect(
      candidates.filter(({ repeated }) => repeated).map(({ row, number }) => [row.line, number]),
    ).toEqual([
      [3, '1001'],
      [4, '1002'],
    ]);
  });

  it('are no more than may be imported', async () => {
    const rows = [{ extension_number: '10000-19999' }];
    expect(await parseRows(json({ rows }))).toHaveLength(MAX_IMPORT_ROWS);
    const more = json({ rows: [...rows, { extension_number: 'x' }] });
    expect(await refusal(more)).toBe('No more than 10000 extensions may be imported at once.');
    const huge = json({ rows: [{ extension_number: '1000000000-9999999999' }] });
    expect(await refusal(huge)).toBe('No more than 10000 extensions may be imported at once.');
  });
});

it.each([
  [json({ rows: [1] }), 'The rows.0 must be an object.'],
  [json({ rows: [{ ['constructor']: 1 }] }), /^The column constructor is unknown\./],
  [new CsvBody(Buffer.from('extension_number,\n1001,x\n')), /^The column without a name is unknown\./],
])('%# is refused', async (body, sentence) => {
  expect(await refusal(body)).toMatch(sentence);
});
