import { csvLines } from '../../../core/csv';
import { type ExtensionField } from '../../../schema/extension-fields';
import { type WIRE_NAMES } from './extension-input.mapper';
import { type Extension } from '../../../schema/extension.entity';

const yesOrNo = (value: boolean): string => (value ? 'true' : 'false');

/** Secrets are not exported. */
type Exported = Exclude<ExtensionField, 'voicemailPin' | 'sipPassword'>;

/** The columns of an export, which an import reads again, and the text of each. */
const COLUMNS = {
  extension_number: ({ extensionNumber }) => extensionNumber,
  display_name: ({ displayName }) => displayName ?? '',
  team_id: ({ teamId }) => String(teamId ?? ''),
  status: ({ status }) => status,
  voicemail_enabled: ({ voicemailEnabled }) => yesOrNo(voicemailEnabled),
  voicemail_email: ({ voicemailEmail }) => voicemailEmail ?? '',
  outbound_caller_id: ({ outboundCallerIdAsSent }) => outboundCallerIdAsSent ?? '',
  recording_mode: ({ recordingMode }) => recordingMode,
  max_concurrent: ({ maxConcurrent }) => String(maxConcurrent),
  tls_enabled: ({ tlsEnabled }) => yesOrNo(tlsEnabled),
} satisfies Record<(typeof WIRE_NAMES)[Exported], (extension: Extension) => string>;

export const EXPORT_HEADER = csvLines([Object.keys(COLUMNS)]);

export function extensionLines(extensions: readonly Extension[]): string {
  return csvLines(extensions.map((extension) => Object.values(COLUMNS).map((text) => text(extension))));
}
