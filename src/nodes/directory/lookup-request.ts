import { EXTENSION_NUMBER } from '../../core/extension-number';
import { ANONYMOUS_REALM, MAILBOX } from '../../freeswitch/names';
import { isSipDomain } from '../../accounts/tenants/sip-domain';
import { type LookupForm } from './lookup-form';

/** What FreeSWITCH asks for; everything else it may ask has the answer "not found". */
export type LookupRequest =
  /** `realm` is the domain that FreeSWITCH asks in: the tenant's, or ANONYMOUS_REALM. */
  | { kind: 'user'; number: string; domain: string; realm: string; unencrypted: boolean }
  /** FreeSWITCH's voicemail asks for a mailbox by its name. */
  | { kind: 'mailbox'; mailbox: string; number: string; domain: string }
  | { kind: 'group'; group: string; domain: string }
  | { kind: 'none' };

export type UserRequest = Extract<LookupRequest, { kind: 'user' }>;

const NONE: LookupRequest = { kind: 'none' };

/** A team's name has 100 characters, each of one or two code units. */
const LONGEST_GROUP = 200;

/** sofia's names of transports that nobody on the way can read. */
const ENCRYPTED: readonly unknown[] = ['tls', 'wss'];

/**
 * Reads mod_xml_curl's form fields. The action decides nothing but `unencrypted`: FreeSWITCH serves
 * all of them from one cached answer, and a group's members are asked for with the group's action
 * still in the form.
 *
 * `unencrypted`: a phone wants in, over plain SIP. FreeSWITCH fact: `sip_via_protocol` is what the
 * phone wrote into Via, but its SIP stack drops a request whose Via names another transport than the
 * one it came over.
 *
 * A call from anonymous@anonymous.invalid is looked up in the realm in which it was challenged. Whose extension it
 * claims to be is then said by the domain that it dials (To); the password proves it, as it does elsewhere.
 */
export function readLookup(form: LookupForm): LookupRequest {
  const { section, key, user, domain: realm, action, group, purpose } = form;
  if (section !== 'directory' || purpose !== undefined || typeof realm !== 'string') return NONE;
  const domain = realm === ANONYMOUS_REALM && isCall(form) ? form.sip_to_host : realm;
  if (typeof domain !== 'string' || !isSipDomain(domain)) return NONE;
  if (user !== undefined) {
    if (key !== 'id' || typeof user !== 'string') return NONE;
    if (!EXTENSION_NUMBER.test(user)) return action === 'sip_auth' ? NONE : mailboxRequest(user, domain);
    const unencrypted = action === 'sip_auth' && !ENCRYPTED.includes(form.sip_via_protocol);
    return { kind: 'user', number: user, domain, realm, unencrypted };
  }
  if (action === 'group_call' && typeof group === 'string' && group.length <= LONGEST_GROUP)
    return { kind: 'group', group, domain };
  return NONE;
}

/** A mailbox is no user: nobody registers or calls as one. */
function mailboxRequest(user: string, domain: string): LookupRequest {
  const number = MAILBOX.exec(user)?.[1];
  return number === undefined ? NONE : { kind: 'mailbox', mailbox: user, number, domain };
}

/** A phone calls, and is asked for its password: not a REGISTER, a SUBSCRIBE or a MESSAGE. */
function isCall({ action, sip_auth_method: method }: LookupForm): boolean {
  return action === 'sip_auth' && method === 'INVITE';
}
