import { EXTENSION_NUMBER } from '../extensions/extension-number';
import { isSipDomain } from '../tenants/sip-domain';

/** What FreeSWITCH asks for; everything else it may ask has the answer "not found". */
export type LookupRequest =
  | { kind: 'user'; number: string; domain: string }
  | { kind: 'group'; group: string; domain: string }
  | { kind: 'none' };

const NONE: LookupRequest = { kind: 'none' };

/**
 * Reads mod_xml_curl's form fields. The action is not looked at: FreeSWITCH serves all of them from
 * one cached answer, and a group's members are asked for with the group's action still in the form.
 */
export function readLookup(form: Record<string, unknown>): LookupRequest {
  const { section, key, user, domain, action, group, purpose } = form;
  if (section !== 'directory' || purpose !== undefined) return NONE;
  if (typeof domain !== 'string' || !isSipDomain(domain)) return NONE;
  if (user !== undefined) {
    if (key !== 'id' || typeof user !== 'string' || !EXTENSION_NUMBER.test(user)) return NONE;
    return { kind: 'user', number: user, domain };
  }
  if (action === 'group_call' && typeof group === 'string' && group.length <= 100)
    return { kind: 'group', group, domain };
  return NONE;
}
