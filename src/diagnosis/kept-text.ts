const LONGEST = 200;
const UNREADABLE = /[\p{Cc}\p{Cf}\p{Cs}\uFFFE\uFFFF]/gu;

/**
 * A text of a stranger's as it may be kept and shown: at most 200 characters, of which none is a control
 * character. It is a copy: a text cut out of a long one would keep all of that in memory.
 */
export function keptText(text: string): string {
  return Buffer.from(text.slice(0, LONGEST).replace(UNREADABLE, '\uFFFD'), 'utf8').toString('utf8');
}
