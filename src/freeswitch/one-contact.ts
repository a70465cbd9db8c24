import { namesAccounts, quotedCallId } from './call-id';
import { type CommandNode, rowsUnder } from './commands';

/** One contact on a node. */
export interface OneContact {
  profile: string;
  /** The extension's. */
  domain: string;
  callId: string;
}

/**
 * Why the node cannot end one contact and no other, in plain words; null: it can, with dropCallId().
 * @param shared whether the node holds another contact, which must stay, with the same Call-ID
 * @throws EslUnknownProfile, EslUnexpectedReply
 */
export async function whyNotAlone(
  node: CommandNode,
  { profile, domain, callId }: OneContact,
  shared: boolean,
): Promise<string | null> {
  if (quotedCallId(callId) === null)
    return 'FreeSWITCH ends it by its Call-ID, which cannot be sent in a command';
  if (shared) return 'FreeSWITCH ends it by its Call-ID, which another contact has as well';
  if (namesAccounts(callId, domain) || (await rowsUnder(node, profile, callId)) > 0)
    return 'FreeSWITCH ends it by its Call-ID, which it would take for an account as well';
  return null;
}
