/** Longer ones are not sent to a node. */
const LONGEST = 1_000;
/** U+FFFD stands for bytes that are no text, and a command holds no other control character. */
const UNQUOTABLE = /[^\P{Cc}\t\r\n]|\p{Cs}|\uFFFD/u;
const QUOTED: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  ' ': '\\s',
  '\t': '\\t',
  '\r': '\\r',
  '\n': '\\n',
};

/** A Call-ID as it is kept here: of one that is too long to be used, only as much as shows that. */
export const cutCallId = (callId: string): string => callId.slice(0, LONGEST + 1);

/**
 * A Call-ID, which a phone chooses as it likes, as one argument of an ESL command; null: it cannot be one.
 *
 * FreeSWITCH facts (switch_separate_string): arguments are cut at blanks; a backslash before a backslash, a quote or
 * one of s, t, r and n stands for that, a blank or a line break, and single quotes group.
 */
export function quotedCallId(callId: string): string | null {
  // FreeSWITCH fact: `flush_inbound_reg reboot` restarts every phone of the profile, and drops it.
  if (callId === '' || callId.toLowerCase() === 'reboot') return null;
  if (callId.length > LONGEST || UNQUOTABLE.test(callId)) return null;
  return callId.replace(/[\\'" \t\r\n]/g, (character) => QUOTED[character] ?? '');
}

/**
 * Whether FreeSWITCH would read an extension's account, or the domain itself, in a Call-ID.
 *
 * FreeSWITCH fact (sofia_reg_expire_call_id): `flush_inbound_reg X` drops what has the Call-ID X, and beside
 * it what is filed as user@host, split at the first @, or, where X has no @ or nothing before it, everything
 * under that host. So a phone that calls its registration `1002@other.test` or `other.test` would have
 * others thrown out with it.
 */
export function namesAccounts(callId: string, domain: string): boolean {
  const at = callId.indexOf('@');
  const user = callId.slice(0, Math.max(0, at)).toLowerCase();
  const host = callId.slice(at + 1).toLowerCase();
  return user === '' ? host === domain.toLowerCase() : /^[0-9]{3,10}$/.test(user.replace(`.${host}`, ''));
}
