import { type CommandNode, validDomain } from './commands';
import { EslBadArgument, EslError, EslUnexpectedReply } from './esl-errors';
import { MAILBOX } from './names';

/** mod_voicemail's profile, as the dialplan names it. */
const PROFILE = 'default';
/** What no telephone can dial. */
const NO_PIN = '-';
/** FreeSWITCH asks Dialplane for the mailbox while it answers these. */
const DEADLINE_MS = 10_000;
/** A folder's path as it may stand between the quotation marks of a shell. */
const FOLDER = /^\/[^'\\\p{Cc}]{1,500}$/u;

/** A node holds files of a mailbox that it was told to delete. */
export class MailboxLeft extends EslError {
  readonly code = 'mailbox_left';

  constructor() {
    super('the folder of a mailbox is still there; may FreeSWITCH delete it?');
  }
}

/**
 * Deletes a mailbox: messages, greetings, the recorded name, and what PIN was set by telephone. A node without
 * mod_voicemail has none.
 * @returns how many messages there were
 * @throws EslBadArgument, EslUnexpectedReply, MailboxLeft
 */
export async function deleteMailbox(node: CommandNode, mailbox: string, domain: string): Promise<number> {
  const [box, at] = [validMailbox(mailbox), validDomain(domain)];
  const list = await node.api(`vm_list ${box}@${at}/${PROFILE} xml`);
  if (!list.startsWith('<voicemail>')) return withoutVoicemail(list, 'vm_list');
  const messages = list.match(/^ <message>$/gm)?.length ?? 0;
  const deleted = await node.api(`vm_delete ${box}@${at}/${PROFILE}`, DEADLINE_MS);
  if (!deleted.startsWith('+OK')) throw new EslUnexpectedReply('vm_delete', deleted);
  await forgetPhonePin(node, box, at);
  await deleteFolder(node, `voicemail/${PROFILE}/${at}/${box}`);
  return messages;
}

/**
 * Has the lamps of the extension's phones show what the mailbox holds now; one that is off holds nothing.
 * FreeSWITCH fact: this removes the messages that are deleted already, counts the others, and tells every phone.
 */
export async function refreshLamp(node: CommandNode, mailbox: string, domain: string): Promise<void> {
  const command = `vm_fsdb_msg_purge ${PROFILE} ${validDomain(domain)} ${validMailbox(mailbox)}`;
  const reply = await node.api(command, DEADLINE_MS);
  // FreeSWITCH fact: "-OK" is how it says that all is well.
  if (!reply.startsWith('-OK')) withoutVoicemail(reply, command);
}

/**
 * Takes away the PIN that was set by telephone. FreeSWITCH fact: such a PIN opens the mailbox beside that of the
 * directory, and nothing but another one takes its place.
 */
export async function forgetPhonePin(node: CommandNode, mailbox: string, domain: string): Promise<void> {
  const [box, at] = [validMailbox(mailbox), validDomain(domain)];
  const set = (await node.api(`vm_prefs ${PROFILE}/${box}@${at}|password`)).trim();
  // Nothing is told as -ERR no reply.
  if (set === '' || set === NO_PIN || set.startsWith('-ERR')) return;
  const command = `vm_fsdb_pref_password_set ${PROFILE} ${at} ${box} ${NO_PIN}`;
  const reply = await node.api(command);
  if (!reply.startsWith('-OK')) throw new EslUnexpectedReply(command, reply);
}

/** FreeSWITCH fact: no command of mod_voicemail deletes a greeting; the folder is below storage_dir. */
async function deleteFolder(node: CommandNode, folder: string): Promise<void> {
  const storage = (await node.api('global_getvar storage_dir')).trim();
  if (!FOLDER.test(storage)) throw new EslUnexpectedReply('global_getvar storage_dir', storage);
  const path = `${storage}/${folder}`;
  if (!(await exists(node, path))) return;
  await node.api(`system rm -rf -- '${path}'`);
  if (await exists(node, path)) throw new MailboxLeft();
}

async function exists(node: CommandNode, path: string): Promise<boolean> {
  const reply = (await node.api(`file_exists ${path}`)).trim();
  if (reply !== 'true' && reply !== 'false') throw new EslUnexpectedReply('file_exists', reply);
  return reply === 'true';
}

/** For a node that has no voicemail, or none that the dialplan could use. */
function withoutVoicemail(reply: string, command: string): 0 {
  if (/Command not found!|can't find user or profile|Profile not found/.test(reply)) return 0;
  throw new EslUnexpectedReply(command, reply);
}

function validMailbox(mailbox: string): string {
  if (!MAILBOX.test(mailbox)) throw new EslBadArgument('mailbox');
  return mailbox;
}
