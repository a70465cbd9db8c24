import { randomBytes } from 'node:crypto';
import { type Changes } from '../../events/audit/changes';
import { type Change } from '../../nodes/revocations/revocation-store';
import { EXTENSION_FIELDS } from '../../schema/extension-fields';
import { type Extension } from '../../schema/extension.entity';

/** A mailbox's name, which nobody had before and nobody has after it, in this tenant or another of its domain. */
export const newMailbox = (number: string): string => `${number}-${randomBytes(6).toString('hex')}`;

const { voicemailEnabled, voicemailPin } = EXTENSION_FIELDS;

/** Whether a change of an extension opens or closes its mailbox, or changes its PIN. */
export const isMailboxChanged = (changes: Changes): boolean =>
  voicemailEnabled.recorded in changes || voicemailPin.recorded in changes;

/** What nodes must do about the mailbox of an extension that changed so: nothing, as a rule. */
export function mailboxWork({ mailbox, deletedAt }: Extension, changes: Changes): Pick<Change, 'mailbox'> {
  if (deletedAt !== null) return { mailbox: { name: mailbox, step: 'delete' } };
  return isMailboxChanged(changes) ? { mailbox: { name: mailbox, step: 'refresh' } } : {};
}
