import { type ExtensionFilter } from '../../../accounts/scope/extension-queries';
import { type RowRange } from '../../../core/page';
import { type ExtensionPatch, type NewExtension } from '../../../pbx/extensions/extension-fields';
import { type ExtensionField } from '../../../schema/extension-fields';
import { rowsOf } from '../../edge/page';
import {
  type CreateExtensionDto,
  type ListExtensionsQuery,
  type UpdateExtensionDto,
} from './extension-input.dto';

/** A value for every field, also where it is optional: one that is forgotten here does not compile. */
type Every<T> = Record<keyof T, unknown>;

/** The name of each field on the wire. */
export const WIRE_NAMES = {
  extensionNumber: 'extension_number',
  displayName: 'display_name',
  teamId: 'team_id',
  voicemailEnabled: 'voicemail_enabled',
  voicemailPin: 'voicemail_pin',
  voicemailEmail: 'voicemail_email',
  outboundCallerId: 'outbound_caller_id',
  recordingMode: 'recording_mode',
  status: 'status',
  maxConcurrent: 'max_concurrent',
  tlsEnabled: 'tls_enabled',
  sipPassword: 'sip_password',
} as const satisfies Record<ExtensionField, string>;

/** @param given of a single request, or with `status` of a row of an import */
export function newExtensionOf(
  given: CreateExtensionDto & { status?: NewExtension['status'] },
): NewExtension {
  return {
    extensionNumber: given.extension_number,
    displayName: given.display_name,
    teamId: given.team_id,
    voicemailEnabled: given.voicemail_enabled,
    voicemailPin: given.voicemail_pin,
    voicemailEmail: given.voicemail_email,
    outboundCallerId: given.outbound_caller_id,
    recordingMode: given.recording_mode,
    status: given.status,
    maxConcurrent: given.max_concurrent,
    tlsEnabled: given.tls_enabled,
    sipPassword: given.sip_password,
  } satisfies Every<NewExtension>;
}

export function extensionPatchOf(given: UpdateExtensionDto): ExtensionPatch {
  return {
    extensionNumber: given.extension_number,
    displayName: given.display_name,
    teamId: given.team_id,
    voicemailEnabled: given.voicemail_enabled,
    voicemailPin: given.voicemail_pin,
    voicemailEmail: given.voicemail_email,
    outboundCallerId: given.outbound_caller_id,
    recordingMode: given.recording_mode,
    status: given.status,
    maxConcurrent: given.max_concurrent,
    tlsEnabled: given.tls_enabled,
  } satisfies Every<ExtensionPatch>;
}

export function extensionFilterOf(query: ListExtensionsQuery): ExtensionFilter & RowRange {
  return { status: query.status, search: query.search, ...rowsOf(query) };
}
