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

/** `<name a="…">children</name>`; names are ours, never a value. */
export function element(
  name: string,
  attributes: Record<string, string>,
  children: readonly Xml[] = [],
): Xml {
  let written = `<${name}`;
  for (const key in attributes) written += ` ${key}="${escaped(attributes[key] ?? '')}"`;
  return (children.length === 0 ? `${written}/>` : `${written}>${children.join('')}</${name}>`) as Xml;
}

/** A whole answer of one section. */
export function xmlDocument(section: string, children: readonly Xml[]): Xml {
  return element('document', { type: 'freeswitch/xml' }, [element('section', { name: section }, children)]);
}

/** FreeSWITCH fact: "there is none" is this answer with status 200; any other makes it look elsewhere. */
export const NOT_FOUND = xmlDocument('result', [element('result', { status: 'not found' })]);
