import { type Extension, type ExtensionStatus, type RecordingMode } from './extension.entity';

/** What people set of an extension, in the form they give it. */
export interface ExtensionValues {
  extensionNumber: string;
  displayName: string | null;
  teamId: number | null;
  voicemailEnabled: boolean;
  voicemailPin: string | null;
  voicemailEmail: string | null;
  /** The number of an active caller ID, in any form. */
  outboundCallerId: string | null;
  recordingMode: RecordingMode;
  status: ExtensionStatus;
  maxConcurrent: number;
  tlsEnabled: boolean;
  sipPassword: string | null;
}

export type ExtensionField = keyof ExtensionValues;

type Row = Omit<Extension, 'id'>;

interface Field<Value> {
  /** Its name in the audit. */
  recorded: string;
  /** The columns that a change of it writes. */
  columns: readonly string[];
  /** As it is kept, secrets sealed. */
  kept: (row: Row) => unknown;
  /** Absent where the value is looked up or sealed first. */
  set?: (row: Row, value: Value) => void;
}

/**
 * The one table of an extension's fields. Whoever adds one to ExtensionValues is led by the compiler to every other
 * place: this table, the DTOs and their mappers, the columns of imports and exports, and the directory's query.
 */
export const EXTENSION_FIELDS: { readonly [F in ExtensionField]: Field<ExtensionValues[F]> } = {
  extensionNumber: {
    recorded: 'extension_number',
    columns: [],
    kept: (row) => row.extensionNumber,
  },
  displayName: {
    recorded: 'display_name',
    columns: ['display_name'],
    kept: (row) => row.displayName,
    set: (row, value) => (row.displayName = value),
  },
  teamId: {
    recorded: 'team_id',
    columns: ['team_id'],
    kept: (row) => row.teamId,
  },
  voicemailEnabled: {
    recorded: 'voicemail_enabled',
    columns: ['voicemail_enabled'],
    kept: (row) => row.voicemailEnabled,
    set: (row, value) => (row.voicemailEnabled = value),
  },
  voicemailPin: {
    recorded: 'voicemail_pin',
    columns: ['voicemail_pin'],
    kept: (row) => row.voicemailPin,
  },
  voicemailEmail: {
    recorded: 'voicemail_email',
    columns: ['voicemail_email'],
    kept: (row) => row.voicemailEmail,
    set: (row, value) => (row.voicemailEmail = value),
  },
  outboundCallerId: {
    recorded: 'outbound_caller_id',
    columns: ['outbound_caller_id_id', 'outbound_caller_id_as_sent'],
    kept: (row) => row.outboundCallerIdAsSent,
  },
  recordingMode: {
    recorded: 'recording_mode',
    columns: ['recording_mode'],
    kept: (row) => row.recordingMode,
    set: (row, value) => (row.recordingMode = value),
  },
  status: {
    recorded: 'status',
    columns: ['status'],
    kept: (row) => row.status,
    set: (row, value) => (row.status = value),
  },
  maxConcurrent: {
    recorded: 'max_concurrent',
    columns: ['max_concurrent'],
    kept: (row) => row.maxConcurrent,
    set: (row, value) => (row.maxConcurrent = value),
  },
  tlsEnabled: {
    recorded: 'tls_enabled',
    columns: ['tls_enabled'],
    kept: (row) => row.tlsEnabled,
    set: (row, value) => (row.tlsEnabled = value),
  },
  sipPassword: {
    recorded: 'sip_password',
    columns: ['a1', 'password_changed_at'],
    kept: (row) => row.a1,
  },
};

export const EXTENSION_FIELD_NAMES = Object.keys(EXTENSION_FIELDS) as ExtensionField[];
