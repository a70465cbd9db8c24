import { type CsvTable, csvLines, readCsv, shielded, unshielded } from './csv';
import { InvalidData } from './errors';

const TOO_MANY = InvalidData.field('rows', 'too many');

const FORM = { columns: ['a', 'b'], most: 10, tooMany: TOO_MANY, field: 'rows' };

const read = (text: string): Promise<CsvTable> => readCsv(Buffer.from(text), FORM);
const cells = async (text: string): Promise<string[][]> => (await read(text)).rows.map((row) => row.cells);

describe('formulas', () => {
  it.each(['=1+1', '+84', '-1', '@x', '\tx', '\rx', "'=1", "''@"])(
    '%j is shielded, and comes back',
    (cell) => {
      expect(shielded(cell)).toBe(`'${cell}`);
      expect(unshielded(shielded(cell))).toBe(cell);
    },
  );

  it.each([
    ['x;=1+1;', "x;'=1+1;"],
    ["x;'=1", "x;''=1"],
    ["=1;''-2;;@", "'=1;'''-2;;'@"],
    [';"=1"', `;'"=1"`],
    ['x\n+1', "x\n'+1"],
    ['x\t\t=', "x\t'\t'="],
    ['\r\n-', "'\r\n'-"],
  ])('%j is shielded as %j, and comes back', (cell, written) => {
    expect(shielded(cell)).toBe(written);
    expect(unshielded(written)).toBe(cell);
  });

  it('come back from every text', () => {
    const marks = ['', "'", '"', ';', '=', '\t', '\r', '\n', 'x'];
    const longer = (texts: string[]): string[] => texts.flatMap((text) => marks.map((mark) => text + mark));
    const texts = longer(longer(longer(longer(longer([''])))));
    expect(texts.filter((text) => unshielded(shielded(text)) !== text)).toEqual([]);
  });

  it.each(['', 'x', "'", "'x", "''", "O'Neil", '1-2', 'a@b.cc', ' =1'])('%j is left as it is', (cell) => {
    expect(shielded(cell)).toBe(cell);
    expect(unshielded(cell)).toBe(cell);
  });
});

describe('a table', () => {
  it('has the line on which each row begins', async () => {
    const text = '\uFEFFa,b\r\n1,"x\r\ny\nz"\r\n\r\n,\n2,"q""r"\n3,z';
    expect(await read(text)).toEqual({
      header: ['a', 'b'],
      rows: [
        { line: 2, cells: ['1', 'x\r\ny\nz'] },
        { line: 7, cells: ['2', 'q"r'] },
        { line: 8, cells: ['3', 'z'] },
      ],
    });
  });

  it('may end its lines with a CR', async () => {
    const text = '\uFEFFa,b\r1,"x\ry\r\nz\nz"\r\r2,z\r';
    expect(await read(text)).toEqual({
      header: ['a', 'b'],
      rows: [
        { line: 2, cells: ['1', 'x\ry\r\nz\nz'] },
        { line: 7, cells: ['2', 'z'] },
      ],
    });
    const [first, second] = (await read('a,b\n1,"x\ry"\n2,x\ry\n')).rows;
    expect([first?.line, second]).toEqual([2, { line: 4, cells: ['2', 'x\ry'] }]);
    await expect(read('a\r' + '1\r'.repeat(11))).rejects.toBe(TOO_MANY);
    await expect(read('a\r"x"y\r')).rejects.toMatchObject({
      errors: { rows: ['The file is no CSV: look at the quotes in line 2.'] },
    });
  });

  it('may have semicolons between its cells', async () => {
    expect(await cells('a;b\n1;x,y\n')).toEqual([['1', 'x,y']]);
  });

  it('keeps what is written, also across the slices in which it is read', async () => {
    const names = [
      'Nguyễn Thị Ánh',
      '👩‍💻 Ốc',
      ' a ',
      '=x',
      "'+",
      'x"y',
      'a;b,c',
      '',
      'x'.repeat(59_999) + 'ễ',
    ];
    const rows = names.map((name, i) => [String(i), name]);
    expect(await cells(csvLines([['a', 'b'], ...rows]))).toEqual(rows);
  });

  it.each([
    ['a,b\n1,x"y\n', 'The file is no CSV: look at the quotes in line 2.'],
    ['a,b\n1,2\n1,"x"y\n', 'The file is no CSV: look at the quotes in line 3.'],
    ['a,b\n1,"x\n2,y\n', 'The file is no CSV: a quote is never closed.'],
  ])('is not read from %j', async (text, sentence) => {
    await expect(read(text)).rejects.toMatchObject({ errors: { rows: [sentence] } });
  });

  it('of nothing has neither header nor rows', async () => {
    expect(await read('')).toEqual({ header: [], rows: [] });
  });

  it('has no more rows than it may', async () => {
    await expect(read('a\n' + '1\n'.repeat(10))).resolves.toMatchObject({ header: ['a'] });
    await expect(read('a\n' + '1\n'.repeat(11))).rejects.toBe(TOO_MANY);
  });

  it('has as many blank lines as it likes', async () => {
    const blank = '\n,\r\n'.repeat(20_000);
    expect(await read(`${blank}a,b\n${blank}1,2\n"",""\n${blank}3,4`)).toEqual({
      header: ['a', 'b'],
      rows: [
        { line: 80_002, cells: ['1', '2'] },
        { line: 120_004, cells: ['3', '4'] },
      ],
    });
    expect(await cells('\r\na;b\r\n;\r\n1;2\r\n')).toEqual([['1', '2']]);
    expect(await cells('\uFEFF\r\n,\r\na,b\r\n1,2\r\n')).toEqual([['1', '2']]);
    await expect(read('a\n"' + '\n'.repeat(21) + '"\n')).resolves.toMatchObject({ header: ['a'] });
  });

  it.each([',', '"\n",,', 'x'])('has no row of many %j', async (part) => {
    await expect(read(`a\n${part.repeat(65_537)}\n`)).rejects.toMatchObject({
      errors: { rows: ['The file has a row of more than 64 KiB.'] },
    });
  });

  it('may have empty columns beside it', async () => {
    expect(await read('a,b,,\n1,2,,\n3,4\n')).toEqual({
      header: ['a', 'b'],
      rows: [
        { line: 2, cells: ['1', '2'] },
        { line: 3, cells: ['3', '4'] },
      ],
    });
  });

  it.each([
    ['a,b,\n1,2,\n3,4,5\n', 'The column without a name is unknown. There are a, b.'],
    ['a,c\n1,2\n', 'The column c is unknown. There are a, b.'],
    ['a,,b\n1,,2\n', 'The column without a name is unknown. There are a, b.'],
    ['a,b,a\n1,2,3\n', 'The column a is there twice.'],
  ])('has no columns but its own: %j', async (text, sentence) => {
    await expect(read(text)).rejects.toMatchObject({ errors: { rows: [sentence] } });
  });
});
