import { wantsCsv } from './csv-stream';

describe('an answer', () => {
  it.each([
    ['csv', 'application/json'],
    [undefined, 'text/csv'],
    [undefined, 'Text/CSV; charset=utf-8'],
    [undefined, 'text/csv;q=0.9, */*;q=0.1'],
    [undefined, '*/*, text/csv'],
    [undefined, 'text/csv, application/json'],
    [undefined, 'application/json;q=0.5, text/*; Q=0.8'],
    [undefined, '*/*, application/json;q=0'],
  ] as const)('with format %s is CSV to who accepts %s', (format, accept) => {
    expect(wantsCsv(format, accept)).toBe(true);
  });

  it.each([
    ['json', 'text/csv'],
    [undefined, undefined],
    [undefined, '*/*'],
    [undefined, 'application/json, text/csv'],
    [undefined, 'application/json, text/csv;q=0.1'],
    [undefined, 'text/csv;q=0, application/json'],
    [undefined, 'text/*;q=0.5, application/*;q=0.9, */*'],
    [undefined, 'text/html'],
  ] as const)('with format %s is JSON to who accepts %s', (format, accept) => {
    expect(wantsCsv(format, accept)).toBe(false);
  });
});
