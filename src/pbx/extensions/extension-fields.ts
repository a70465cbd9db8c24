import { type Patch } from '../../core/patch';
import { isoTime, now } from '../../core/time';
import { type Extension } from '../../schema/extension.entity';
import {
  EXTENSION_FIELD_NAMES,
  EXTENSION_FIELDS,
  type ExtensionField,
  type ExtensionValues,
} from '../../schema/extension-fields';
import { newMailbox } from './mailbox';

/** A new extension; what is null or absent has its default, and a password is generated. */
export type NewExtension = Pick<ExtensionValues, 'extensionNumber'> & {
  [F in Exclude<ExtensionField, 'extensionNumber'>]?: ExtensionValues[F] | null | undefined;
};

/** A change of an extension; what is absent stays as it is. */
export type ExtensionPatch = Patch<Omit<ExtensionValues, 'extensionNumber' | 'sipPassword'>> & {
  /** Only the number that it has is accepted. */
  extensionNumber?: unknown;
};

/** All of an extension that can be changed, secrets as they are kept: for the audit, and for its ETag. */
export function extensionFields(extension: Omit<Extension, 'id'>): Record<string, unknown> {
  const fields = Object.values(EXTENSION_FIELDS).map(({ recorded, kept }) => [recorded, kept(extension)]);
  const deletedAt = extension.deletedAt && isoTime(extension.deletedAt);
  return { ...(Object.fromEntries(fields) as Record<string, unknown>), deleted_at: deletedAt };
}

/** The columns that a change of an extension may write. */
export const CHANGED_COLUMNS: readonly string[] = [
  ...Object.values(EXTENSION_FIELDS).flatMap(({ columns }) => columns),
  'updated_at',
];

/** The row of a new extension as asked for, without what is looked up elsewhere, or sealed. */
export function newExtension(tenantId: number, given: NewExtension): Omit<Extension, 'id' | 'a1'> {
  const time = now();
  return {
    tenantId,
    extensionNumber: given.extensionNumber,
    liveNumber: given.extensionNumber,
    displayName: given.displayName ?? null,
    teamId: null,
    voicemailEnabled: given.voicemailEnabled ?? false,
    voicemailPin: null,
    mailbox: newMailbox(given.extensionNumber),
    voicemailEmail: given.voicemailEmail ?? null,
    outboundCallerIdId: null,
    outboundCallerIdAsSent: null,
    recordingMode: given.recordingMode ?? 'none',
    status: given.status ?? 'active',
    maxConcurrent: given.maxConcurrent ?? 2,
    tlsEnabled: given.tlsEnabled ?? false,
    passwordChangedAt: null,
    createdAt: time,
    liveSince: time,
    updatedAt: time,
    deletedAt: null,
  };
}

/** Sets what was given, without what is looked up elsewhere, or sealed. */
export function applyFields(extension: Extension, given: ExtensionPatch): void {
  for (const field of EXTENSION_FIELD_NAMES) {
    if (field !== 'extensionNumber' && field !== 'sipPassword') setField(extension, field, given[field]);
  }
}

function setField<F extends ExtensionField>(
  extension: Extension,
  field: F,
  value: ExtensionValues[F] | undefined,
): void {
  if (value !== undefined) EXTENSION_FIELDS[field].set?.(extension, value);
}
