/** What the suite saw, told at its end: what | expected | seen. */
export class Findings {
  private readonly rows: [string, string, string][] = [];

  /** Notes it, whatever comes of it, then judges. */
  check(what: string, seen: unknown, expected: unknown): void {
    this.rows.push([what, text(expected), text(seen)]);
    expect(seen).toEqual(expected);
  }

  /** Notes what was measured. */
  note(what: string, seen: string): void {
    this.rows.push([what, seen, seen]);
  }

  print(): void {
    const all: [string, string, string][] = [['what', 'expected', 'seen'], ...this.rows];
    const width = (column: 0 | 1): number => Math.max(...all.map((row) => row[column].length));
    const line = (row: [string, string, string]): string =>
      `${row[0].padEnd(width(0))} | ${row[1].padEnd(width(1))} | ${row[2]}${row[1] === row[2] || row[0] === 'what' ? '' : '   <<<'}`;
    process.stderr.write(`\n${all.map(line).join('\n')}\n`);
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
