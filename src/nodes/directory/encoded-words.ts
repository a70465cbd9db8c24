/** Bytes of UTF-8 whose encoded word has no more than 75 characters. */
const MOST_BYTES = 45;

/** A text as a mail's header may hold it (RFC 2047), whole characters in each word; one of plain letters stays. */
export function encodedWords(text: string): string {
  if (/^[A-Za-z0-9 ]*$/.test(text)) return text;
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word + character) > MOST_BYTES) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((each) => `=?UTF-8?B?${Buffer.from(each).toString('base64')}?=`).join(' ');
}
