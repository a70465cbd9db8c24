import { parse } from 'fast-querystring';

/** What an answer, its log and the list of nodes need of mod_xml_curl's form. */
export const LOOKUP_FIELDS = [
  'section',
  'key',
  'user',
  'domain',
  'action',
  'group',
  'purpose',
  'sip_to_host',
  'sip_auth_method',
  'sip_via_protocol',
  'hostname',
  'Core-UUID',
] as const;

/** A field that is there twice is an array. */
export type LookupForm = Readonly<Partial<Record<(typeof LOOKUP_FIELDS)[number], unknown>>>;

const ESCAPE = /[%+]/;
const NEEDED = new Set<string>(LOOKUP_FIELDS);

/**
 * Reads LOOKUP_FIELDS out of a form, as if all of it were parsed: FreeSWITCH sends some forty fields, and parsing them
 * would cost more than all else that is read of the request.
 */
export function readLookupForm(form: string): LookupForm {
  const read: Record<string, string> = {};
  let needed = '';
  let isPlain = true;
  for (let start = 0; start < form.length;) {
    const ampersand = form.indexOf('&', start);
    const end = ampersand < 0 ? form.length : ampersand;
    const equals = form.indexOf('=', start);
    const nameEnd = equals < 0 || equals > end ? end : equals;
    const name = form.slice(start, nameEnd);
    // A name with an escape may be any.
    if (NEEDED.has(name) || name.includes('%')) {
      needed += `${form.slice(start, end)}&`;
      const value = form.slice(nameEnd + 1, end);
      if (name in read || ESCAPE.test(name) || ESCAPE.test(value)) isPlain = false;
      read[name] = value;
    }
    start = end + 1;
  }
  return isPlain ? read : (parse(needed) as LookupForm);
}
