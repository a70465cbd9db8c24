import { isDiallable, mailable } from '../../core/voicemail-rules';
import { encodedWords } from './encoded-words';
import { registeredName } from '../../freeswitch/names';
import { element, type Escaped, field, template, type Xml, xmlDocument } from '../../freeswitch/xml';

/** What FreeSWITCH is told of one user. */
export interface DirectoryUser {
  number: string;
  domain: string;
  /** In which the lookup asked, and the hash is: the domain, but for a caller who hides. */
  realm: string;
  /** Hex, not sealed. */
  a1: string;
  displayName: string | null;
  voicemailEnabled: boolean;
  voicemailPin: string | null;
  /** As kept; passed on only when it is `mailable`. */
  voicemailEmail: string | null;
  /** The mailbox's name; that of an extension from before mailboxes had names of their own is its number. */
  mailbox: string;
  /** The active caller ID of the extension, else of the tenant, else none. */
  outboundCallerId: { number: string; displayName: string | null } | null;
  maxConcurrent: number;
  /** Of all the tenant's calls on a node. */
  maxLegs: number;
  recordingMode: string;
  emergencyNumbers: readonly string[];
  /** It is found over TLS only, so who is found differs from lookup to lookup. */
  tlsOnly: boolean;
  /** The sofia profiles in which it may be registered. */
  profiles: readonly string[];
}

/** The dialplan context of every extension (see freeswitch-conf/dialplan). */
const CONTEXT = 'default';

/**
 * The answer for one user: the same whatever FreeSWITCH asks for, since it caches the first answer
 * and serves REGISTER, INVITE, calls and voicemail from it. One that is for TLS only is not cached, nor one in
 * another realm than the tenant's, where users of two tenants have the same name.
 *
 * @param cacheMs how long FreeSWITCH may keep it; 0: not at all
 */
export function userXml(user: DirectoryUser, cacheMs: number): Xml {
  const cacheable = cacheMs > 0 && !user.tlsOnly && user.realm === user.domain;
  const isMailbox = user.mailbox === user.number;
  return oneUser(user.realm, {
    attributes: {
      ...(isMailbox ? mailboxAttributes(user) : { id: user.number }),
      ...(cacheable && { cacheable: String(cacheMs) }),
    },
    params: [
      named('param', userParams(user, isMailbox && user.voicemailEnabled)),
      // FreeSWITCH fact: voicemail takes the SIP password for a PIN, but for a hash of its own.
      ...(isMailbox ? [named('param', mailboxParams(user)), named('param', { 'vm-a1-hash': 'none' })] : []),
    ],
    variables: [named('variable', userVariables(user))],
  });
}

/**
 * The answer for a mailbox, which voicemail looks up by its name and no phone can be. Never cached, so that its PIN
 * is what it is now.
 */
export function mailboxXml(user: DirectoryUser): Xml {
  const params = [
    named('param', { 'allow-empty-password': 'false', 'vm-enabled': String(user.voicemailEnabled) }),
    named('param', mailboxParams(user)),
  ];
  return oneUser(user.domain, { attributes: mailboxAttributes(user), params, variables: [] });
}

type Values = Record<string, string | Escaped | null>;

function oneUser(
  domain: string,
  { attributes, params, variables }: { attributes: Record<string, string>; params: Xml[]; variables: Xml[] },
): Xml {
  const xml = element('user', attributes, [
    element('params', {}, params),
    element('variables', {}, variables),
  ]);
  return xmlDocument('directory', [element('domain', { name: domain }, [xml])]);
}

/**
 * FreeSWITCH fact: messages are kept and counted under the id, and a user is found by its number-alias too. What is
 * counted for a mailbox that is off is what is kept under a name that nobody has: nothing, so that no lamp is lit.
 */
function mailboxAttributes({ number, mailbox, voicemailEnabled }: DirectoryUser): Record<string, string> {
  return voicemailEnabled ? { id: mailbox } : { id: `${number}-off`, 'number-alias': mailbox };
}

function mailboxParams(user: DirectoryUser): Values {
  const { voicemailPin: pin, voicemailEmail: email } = user;
  const mailTo = email !== null && mailable(email) ? email : null;
  return {
    // FreeSWITCH fact: `user-choose` as a password lets the caller choose one.
    'vm-password': pin !== null && isDiallable(pin) ? pin : null,
    'vm-mailto': mailTo,
    'vm-email-all-messages': mailTo && 'true',
    'vm-attach-file': mailTo && 'true',
  };
}

function userParams(user: DirectoryUser, hasVoicemail: boolean): Values {
  const { number, domain } = user;
  const registered = registeredName(number, domain);
  return {
    'a1-hash': user.a1,
    // FreeSWITCH fact: an empty password is allowed unless this says no.
    'allow-empty-password': 'false',
    'sip-force-extension': registered,
    'dial-string': dialStringOf(user.profiles)(registered, domain),
    // The message lamp asks for the mailbox by the name that registered, unless told the mailbox's.
    'mwi-account': `${user.mailbox}@${domain}`,
    // A dialplan that knows no mailboxes of their own must leave no message under the number.
    'vm-enabled': String(hasVoicemail),
  };
}

/**
 * How `user/…` and groups call an extension: one phone of it in each profile, where its REGISTER came from. The invite
 * domain makes From an address that can be called back. Where a phone forwards to (302) is not called.
 *
 * FreeSWITCH facts: `${sofia_contact(…)}` would paste the phone's own Contact into this, commas and brackets that run
 * commands included; like this sofia looks the contact up behind the parser. It would send the INVITE wherever that
 * Contact says; `sip_route_uri` has the last word. Empty, it fails the call.
 */
const dialString = (profiles: readonly string[]): DialString =>
  template((registered, domain) => {
    const legs = profiles.map((profile) => {
      const phones = `sofia(status profile ${profile} user ${registered}@${domain})`;
      return `[sip_route_uri=sip:${routeTo(phones)}]sofia/${profile}/${registered}%${domain}`;
    });
    return `{sip_invite_domain=${domain},outbound_redirect_fatal=true}${legs.join(',')}`;
  });

type DialString = (registered: string, domain: string) => Escaped;

const dialStrings = new WeakMap<readonly string[], DialString>();

/** Most of it is the same for every user of the same profiles. */
function dialStringOf(profiles: readonly string[]): DialString {
  const known = dialStrings.get(profiles) ?? dialString(profiles);
  dialStrings.set(profiles, known);
  return known;
}

/** An address in FreeSWITCH's list of phones, encoded. */
const IPV4 = '([0-9.]+)';
const IPV6 = '((?:[0-9A-Fa-f.]*%3A)+[0-9A-Fa-f.]*)';

/**
 * The address and the transport of the last phone in the list, as FreeSWITCH is to find them when it dials.
 *
 * FreeSWITCH facts: `regex` cuts its arguments at `|`, which `url_encode` leaves in no text; what a phone wrote itself
 * keeps its own %-escapes, and stands before the lines that count, so each is looked for from the end, once.
 */
function routeTo(phones: string): string {
  const last = (line: string): string => `(?>.*%0A${line}%3A)(?:%20)*%09`;
  const found = (address: string, host: string): string =>
    `\${regex(\${url_encode(\${${phones}})}|^${last('Status')}Registered.([A-Z]+)${last('IP')}${address}%0APort%3A(?:%20)*%09([0-9]+)%0A|${host}:%3;transport=%1|n)}`;
  return `${found(IPV4, '%2')}\${url_decode(${found(IPV6, '[%2]')})}`;
}

function userVariables(user: DirectoryUser): Values {
  const caller = user.outboundCallerId;
  return {
    user_context: CONTEXT,
    dialplane_tenant: user.domain,
    effective_caller_id_number: user.number,
    effective_caller_id_name: harmless(user.displayName ?? '') || user.number,
    dialplane_caller_name: user.displayName && percentEncoded(quotedStringText(user.displayName)),
    outbound_caller_id_number: caller && caller.number,
    outbound_caller_id_name: caller && harmless(caller.displayName ?? ''),
    max_concurrent: String(user.maxConcurrent),
    // FreeSWITCH fact: a variable that a channel has not is looked for among the global ones, where max_legs is the node's.
    dialplane_max_legs: String(user.maxLegs),
    recording_mode: user.recordingMode,
    dialplane_emergency_numbers: user.emergencyNumbers.join(),
    voicemail_enabled: String(user.voicemailEnabled),
    dialplane_mailbox: user.mailbox,
    // Who left the message, in the subject of its mail.
    dialplane_mail_caller: `${encodedWords(user.displayName ?? '')} ${user.number}`.trim(),
  };
}

const SECRETS = /(<param name="(?:a1-hash|password|vm-password)" value=")[^"]*(?=")/g;

/** A user's answer as people may see it: every secret is `********`. A value holds no quote: see xml.ts. */
export function withoutSecrets(xml: Xml): Xml {
  return xml.replace(SECRETS, '$1********') as Xml;
}

/** One element a value; what is null or empty is left out. */
function named(tag: string, values: Values): Xml {
  let written = '';
  for (const name in values) {
    const value = values[name];
    if (value) written += field(tag, name, value);
  }
  return written as Xml;
}

/**
 * A name as FreeSWITCH's own variables may hold it.
 *
 * FreeSWITCH facts: a variable holding `${` is refused, one that reaches the dialplan's data is
 * expanded, API calls included; a caller name is cut at / : @ and at quotes, then percent-decoded and
 * written into From as it is. So only letters, digits and harmless punctuation stay; the exact name
 * travels in `dialplane_caller_name`.
 */
export function harmless(name: string): string {
  return name.replace(/[^\p{L}\p{M}\p{N} .,'()+&_-]/gu, '_').trim();
}

/** The inside of a SIP quoted-string (RFC 3261, 25.1), which sofia does not make by itself. */
export function quotedStringText(name: string): string {
  return name.replace(/["\\]/g, '\\$&');
}

/** Every byte but letters and digits as %XX: nothing that an expansion on the way could read. */
export function percentEncoded(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  return bytes.replace(
    /[^A-Za-z0-9]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
