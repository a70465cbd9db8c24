import { isoTime, now } from '../../core/time';
import {
  type CreateExtensionDto,
  type UpdateExtensionDto,
} from '../../api/pbx/extensions/extension-input.dto';
import { newMailbox } from './mailbox';
import { type Extension, type ExtensionStatus } from '../../schema/extension.entity';

/** All of an extension that can be changed, secrets as they are kept: for the audit, and for its ETag. */
export function extensionFields(extension: Omit<Extension, 'id'>): Record<string, unknown> {
  return {
    extension_number: extension.extensionNumber,
    display_name: extension.displayName,
    team_id: extension.teamId,
    voicemail_enabled: extension.voicemailEnabled,
    voicemail_pin: extension.voicemailPin,
    voicemail_email: extension.voicemailEmail,
    outbound_caller_id: extension.outboundCallerIdAsSent,
    recording_mode: extension.recordingMode,
    status: extension.status,
    max_concurrent: extension.maxConcurrent,
    tls_enabled: extension.tlsEnabled,
    sip_password: extension.a1,
    deleted_at: extension.deletedAt && isoTime(extension.deletedAt),
  };
}

/** The row of a new extension as asked for, without what is looked up elsewhere, or sealed. */
export function newExtension(
  tenantId: number,
  given: CreateExtensionDto & { status?: ExtensionStatus | null },
): Omit<Extension, 'id' | 'a1'> {
  const time = now();
  return {
    tenantId,
    extensionNumber: given.extension_number,
    liveNumber: given.extension_number,
    displayName: given.display_name ?? null,
    teamId: null,
    voicemailEnabled: given.voicemail_enabled ?? false,
    voicemailPin: null,
    mailbox: newMailbox(given.extension_number),
    voicemailEmail: given.voicemail_email ?? null,
    outboundCallerIdId: null,
    outboundCallerIdAsSent: null,
    recordingMode: given.recording_mode ?? 'none',
    status: given.status ?? 'active',
    maxConcurrent: given.max_concurrent ?? 2,
    tlsEnabled: given.tls_enabled ?? false,
    passwordChangedAt: null,
    createdAt: time,
    liveSince: time,
    updatedAt: time,
    deletedAt: null,
  };
}

/** Sets what was given, without what is looked up elsewhere, or sealed. */
export function applyFields(extension: Extension, given: UpdateExtensionDto): void {
  if (given.display_name !== undefined) extension.displayName = given.display_name;
  if (given.voicemail_enabled !== undefined) extension.voicemailEnabled = given.voicemail_enabled;
  if (given.voicemail_email !== undefined) extension.voicemailEmail = given.voicemail_email;
  if (given.recording_mode !== undefined) extension.recordingMode = given.recording_mode;
  if (given.max_concurrent !== undefined) extension.maxConcurrent = given.max_concurrent;
  if (given.tls_enabled !== undefined) extension.tlsEnabled = given.tls_enabled;
  if (given.status !== undefined) extension.status = given.status;
}
