const LONGEST = 200;
/** In SIP a folded header goes on in the next line, and the break means a blank. */
const FOLD = /[\t ]*\r?\n[\t ]+/g;
const UNREADABLE = /[\p{Cc}\p{Cf}\p{Cs}\uFFFE\uFFFF]/gu;

/**
 * A text of a stranger's as it may be kept and shown: at most `longest` characters, of which none is a control
 * character. It is a copy: a text cut out of a long one would keep all of that in memory.
 */
export function sanitizeText(text: string, longest = LONGEST): string {
  const shown = text.slice(0, longest).replace(FOLD, ' ').replace(UNREADABLE, '\uFFFD');
  return Buffer.from(shown, 'utf8').toString('utf8');
}
