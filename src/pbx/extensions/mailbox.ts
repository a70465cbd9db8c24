import { randomBytes } from 'node:crypto';
import { type Changes } from '../../events/audit/changes';
import { type Change } from '../../nodes/revocations/revocation-store';
import { type Extension } from '../../schema/extension.entity';

/** A mailbox's name, which nobody had before and nobody has after it, in this tenant or another of its domain. */
export const newMailbox = (number: string): string => `${number}-${randomBytes(6).toString('hex')}`;

/** What nodes must do about the mailbox of an extension that changed so: nothing, as a rule. */
export function mailboxWork({ mailbox, deletedAt }: Extension, changes: Changes): Pick<Change, 'mailbox'> {
  if (deletedAt !== null) return { mailbox: { name: mailbox, step: 'delete' } };
  const concerned = 'voicemail_enabled' in changes || 'voicemail_pin' in changes;
  return concerned ? { mailbox: { name: mailbox, step: 'refresh' } } : {};
}
