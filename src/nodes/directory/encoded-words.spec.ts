import { encodedWords } from './encoded-words';

const decoded = (words: string): string =>
  Buffer.concat(
    [...words.matchAll(/=\?UTF-8\?B\?([A-Za-z0-9+/=]*)\?=/g)].map(([, text = '']) =>
      Buffer.from(text, 'base64'),
    ),
  ).toString();

it('leaves plain letters as they are', () => {
  expect(encodedWords('Sales 01')).toBe('Sales 01');
  expect(encodedWords('')).toBe('');
});

it.each(['Gọi', 'Nguyễn Văn Ngọc', '👩🏽‍💻'.repeat(20), 'a\r\nBcc: b@c.test', '=?x?=', '${system(id)}'])(
  'writes %j in words that a header holds, and that say the same',
  (text) => {
    const words = encodedWords(text).split(' ');
    for (const word of words) expect(word).toMatch(/^=\?UTF-8\?B\?[A-Za-z0-9+/=]{1,63}\?=$/);
    expect(decoded(words.join(' '))).toBe(text);
    for (const word of words) expect(decoded(word)).not.toContain('\uFFFD');
  },
);
