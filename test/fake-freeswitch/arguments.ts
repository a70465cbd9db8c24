const UNESCAPED: Record<string, string> = { n: '\n', r: '\r', t: '\t', s: ' ' };

/** FreeSWITCH's switch_separate_string with a blank for delimiter. */
export function separate(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '\\') {
      word += char + (text[at + 1] ?? '');
      at += 1;
    } else if (char === ' ' && !quoted) {
      if (word !== '') words.push(word);
      word = '';
    } else {
      if (char === "'") quoted = !quoted;
      word += char;
    }
  }
  if (word !== '') words.push(word);
  return words.map(cleaned);
}

/** Its cleanup_separated_string. */
function cleaned(word: string): string {
  let text = '';
  let quoted = false;
  for (let at = 0; at < word.length; at++) {
    const char = word[at] ?? '';
    const next = word[at + 1];
    const escaped =
      char !== '\\' || next === undefined ? undefined : (UNESCAPED[next] ?? /['"\\]/.exec(next)?.[0]);
    if (escaped !== undefined) {
      text += escaped;
      at += 1;
    } else if (char === "'" && (quoted || word.includes("'", at + 1))) quoted = !quoted;
    else text += char;
  }
  return text;
}
