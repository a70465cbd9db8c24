import { type Changes } from '../../events/audit/changes';
import { CannotUnseal } from '../../platform/secrets/sealed-box';
import { type SipCredentials } from '../../platform/secrets/sip-credentials.service';
import { type Extension } from '../../schema/extension.entity';
import { isMailboxChanged } from './mailbox';
import { pinFault, type PinFault } from '../../core/voicemail-rules';

type Owner = Pick<
  Extension,
  'tenantId' | 'extensionNumber' | 'voicemailEnabled' | 'voicemailPin' | 'deletedAt'
>;

/** What is to be said of the PIN of a mailbox that is in use, or null. */
export function pinFaultOf(credentials: SipCredentials, extension: Owner): PinFault | null {
  const { tenantId, extensionNumber: number, voicemailPin: sealed } = extension;
  if (!extension.voicemailEnabled || extension.deletedAt !== null) return null;
  try {
    return pinFault(sealed === null ? null : credentials.openPin(sealed, { tenantId, number }), number);
  } catch (error) {
    if (error instanceof CannotUnseal) return 'cannot be dialled';
    throw error;
  }
}

/** A change for the audit; one that leaves a mailbox with a PIN that protects it badly says so. */
export function withPinFault(changes: Changes, fault: PinFault | null): Changes {
  if (fault === null || !isMailboxChanged(changes)) return changes;
  return { ...changes, voicemail_pin_fault: { before: null, after: fault } };
}
