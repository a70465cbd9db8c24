/**
 * The one writer of XML that FreeSWITCH reads; every value passes through `escaped`.
 *
 * FreeSWITCH facts: an answer passes its config preprocessor before the XML parser. There a line that
 * holds `<?` or `<include>` is dropped, `$${name}` is replaced by a global variable even inside an
 * attribute, and X-PRE-PROCESS in any case drops the line or runs a command. Numeric character
 * references pass untouched and are decoded after it. So: one line, no prologue, and of a value only
 * what no rule can read is written as itself.
 */
export type Xml = string & { readonly __xml: unique symbol };

const NOT_PLAIN = /[^A-Za-z0-9 _.,:@/+=-]/gu;
const PREPROCESS = /x(?=-pre-process)/giu;

/** What XML 1.0 has no way to write. Input refuses it; should some arrive, it is shown as U+FFFD. */
const UNWRITABLE = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u;

/** Whether either rule has something to do in a value; in most neither has. */
const RISKY = /[^A-Za-z0-9 _.,:@/+=-]|-pre-process/i;

/** A value as it may stand between double quotes. */
export function escaped(value: string): string {
  return RISKY.test(value) ? value.replace(NOT_PLAIN, reference).replace(PREPROCESS, reference) : value;
}

function reference(character: string): string {
  const written = UNWRITABLE.test(character) ? '\uFFFD' : character;
  return `&#x${written.codePointAt(0)?.toString(16).toUpperCase()};`;
}

/** A value that is escaped already. */
export class Escaped {
  constructor(readonly text: string) {}
}

/** In no value: XML cannot write it. */
const GAP = '\0';

/**
 * A long value of which only a few places differ from one to the next, so that the rest is escaped once.
 * @param text writes the value; each argument stands in one or more places, and never begins with a hyphen
 * @returns writes the value with these arguments
 */
export function template(text: (...places: string[]) => string): (...values: string[]) => Escaped {
  const names = Array.from({ length: text.length }, (_, place) => `${GAP}${place}${GAP}`);
  const pieces = text(...names)
    .split(GAP)
    .map((piece, index) => (index % 2 === 0 ? escaped(piece) : Number(piece)));
  return (...values) => {
    const written = values.map(escaped);
    let filled = '';
    for (const piece of pieces) filled += typeof piece === 'number' ? (written[piece] ?? '') : piece;
    return new Escaped(filled);
  };
}

/** `<name a="…">children</name>`; names are ours, never a value. */
export function element(
  name: string,
  attributes: Record<string, string | Escaped>,
  children: readonly Xml[] = [],
): Xml {
  let written = `<${name}`;
  for (const key in attributes) {
    const value = attributes[key] ?? '';
    written += ` ${key}="${typeof value === 'string' ? escaped(value) : value.text}"`;
  }
  if (children.length === 0) return `${written}/>` as Xml;
  written += '>';
  // Not join(), which would copy what is inside once more at each level.
  for (const child of children) written += child;
  return `${written}</${name}>` as Xml;
}

/** `<tag name="…" value="…"/>`, which an answer is full of; the name is ours. */
export function field(tag: string, name: string, value: string | Escaped): Xml {
  const written = typeof value === 'string' ? escaped(value) : value.text;
  return `<${tag} name="${name}" value="${written}"/>` as Xml;
}

/** A whole answer of one section. */
export function xmlDocument(section: string, children: readonly Xml[]): Xml {
  return element('document', { type: 'freeswitch/xml' }, [element('section', { name: section }, children)]);
}

/** FreeSWITCH fact: "there is none" is this answer with status 200; any other makes it look elsewhere. */
export const NOT_FOUND = xmlDocument('result', [element('result', { status: 'not found' })]);
