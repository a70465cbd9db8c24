import { BodyTooLarge, InvalidData, MalformedRequest } from './errors';
import { JsonBody, readJsonRows } from './json-rows';

const FORM = { field: 'rows', most: 10_000, tooMany: InvalidData.field('rows', 'Too many.') };
const read = (text: string): Promise<unknown[] | null | undefined> =>
  readJsonRows(new JsonBody(Buffer.from(text)), FORM);

const ROWS = [
  '{"a":1,"b":[1,{"c":"]"}]}',
  '{"name":"a \\"b\\" \\\\","x":"\\u005b{,"}',
  '{"tên":"Nguyễn 👩‍👩‍👧"}',
  '[[1,2],[]]',
  '5',
  'null',
  '"x,y]"',
  '{"__proto__":{"admin":true}}',
];

it.each([
  `{"rows":[${ROWS.join()}]}`,
  `\uFEFF{"rows":[${ROWS.join()}]}`,
  JSON.stringify({ rows: ROWS.map((row) => JSON.parse(row) as unknown) }, null, 2),
  `{"before":[1,{"a":2}],"rows":[ ${ROWS.join(' ,\t\n')} ] ,"after":{"rows":[1]},"more":[]}`,
  `{"rows":[1],"rows":[${ROWS.join()}]}`,
  `{"r\\u006fws":[${ROWS.join()}]}`,
  '{"rows":[]}',
  '{"rows":[ \n ]}',
  '{"rows":null}',
  '{}',
])('reads %j as JSON.parse does', async (text) => {
  const { rows } = JSON.parse(text.replace('\uFEFF', '')) as { rows?: unknown[] };
  expect(await read(text)).toEqual(rows);
});

it.each([
  ...[
    '',
    'x',
    '{',
    '{"rows":[',
    '{"rows":[1}',
    '{"rows":[1]',
    '{"rows":[1]]}',
    '{"rows":[1,]}',
    '{"rows":[,1]}',
  ],
  ...[
    '{"rows":[1 2]}',
    '{"rows":[{]}',
    '{"rows":[{"a":1}}',
    '{"rows":["x]}',
    "{'rows':[]}",
    '{"rows":[1]}{}',
  ],
  ...[
    '{"rows":[01]}',
    '{"rows":["\t"]}',
    '{"rows":[1],"x":[y]}',
    '{rows:[]}',
    '[]',
    '[[1]]',
    'null',
    '"rows"',
    '5',
  ],
])('refuses %j', async (text) => {
  await expect(read(text)).rejects.toThrow(MalformedRequest);
});

it.each(['"x"', '{}', '5', 'true'])('refuses %s as the rows', async (rows) => {
  await expect(read(`{"rows":${rows}}`)).rejects.toMatchObject({
    errors: { rows: ['The rows must be an array.'] },
  });
});

it('refuses more rows than there may be, too long a row, and much beside them', async () => {
  const rows = (count: number): string => `{"rows":[${Array.from({ length: count }, () => '{}').join()}]}`;
  expect(await read(rows(10_000))).toHaveLength(10_000);
  await expect(read(rows(10_001))).rejects.toBe(FORM.tooMany);
  await expect(read(`{"rows":["${'x'.repeat(64 * 1024)}"]}`)).rejects.toMatchObject({
    errors: { rows: ['There is a row of more than 64 KiB.'] },
  });
  for (const more of [`"x":"${'x'.repeat(256 * 1024)}"`, `"x":[${','.repeat(256 * 1024)}]`])
    await expect(read(`{"rows":[],${more}}`)).rejects.toThrow(BodyTooLarge);
});

it.each([
  ['rows of keys that are all different', () => rowsOf((row) => `{${keys(row)}}`)],
  ['rows of brackets', () => rowsOf(() => '['.repeat(200) + ']'.repeat(200))],
])('lets others have their turn among %s', async (_, text) => {
  let turns = 0;
  let over = false;
  const count = (): void => {
    turns += 1;
    if (!over) setImmediate(count);
  };
  const reading = read(text());
  setImmediate(count);
  await reading;
  over = true;
  // Once for every 32 KiB that are looked at, and once more when they are parsed.
  expect(turns).toBeGreaterThan((2 * text().length) / (32 * 1024) / 2);
});

const rowsOf = (row: (place: number) => string): string =>
  `{"rows":[${Array.from({ length: 9_000 }, (_, place) => row(place)).join()}]}`;
const keys = (row: number): string => Array.from({ length: 28 }, (_, i) => `"k${row}_${i}":1`).join();
