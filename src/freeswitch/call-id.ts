const LONGEST = 1_000;

/** A Call-ID as it is kept here: of one that is longer than 1,000 characters, only as much as shows that. */
export const cutCallId = (callId: string): string => callId.slice(0, LONGEST + 1);

/** Nothing that FreeSWITCH's command line splits at, unquotes or escapes. */
const HARMLESS = /^[A-Za-z0-9@._+=:~-]{1,150}$/;

/** Whether a Call-ID, which a phone chooses as it likes, may stand in an ESL command. */
export function isHarmlessCallId(callId: string): boolean {
  // FreeSWITCH fact: `flush_inbound_reg reboot` restarts every phone of the profile, and drops it.
  return HARMLESS.test(callId) && callId.toLowerCase() !== 'reboot';
}

/**
 * The host that FreeSWITCH would read in a Call-ID, in lower case.
 *
 * FreeSWITCH fact (sofia_reg_expire_call_id): `flush_inbound_reg X` drops what has the Call-ID X, and beside
 * it what is filed as user@host, split at the first @, or, where X has no @ or nothing before it, everything
 * under that host. So a phone that calls its registration `1002@other.test` or `other.test` would have
 * others thrown out with it.
 */
export function hostInCallId(callId: string): string {
  return callId.slice(callId.indexOf('@') + 1).toLowerCase();
}
