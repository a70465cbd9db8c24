import { type AuthContext } from '../../accounts/auth-context';
import { changesBetween } from '../../events/audit/changes';
import { type AuditEvent } from '../../events/audit/audit.service';
import { canonicalNumber } from '../caller-ids/phone-number';
import { now } from '../../core/time';
import {
  applyFields,
  extensionFields,
  type NewExtension,
  newExtension,
} from '../extensions/extension-fields';
import { type Extension } from '../../schema/extension.entity';
import { mailboxWork } from '../extensions/mailbox';
import { pinFaultOf, withPinFault } from '../extensions/pin-faults';
import { EXTENSION_FIELDS } from '../../schema/extension-fields';
import { revocationFor, type RevocationRule } from '../extensions/revocation-rules';
import { type Change } from '../../nodes/revocations/revocation-store';
import { a1Hash } from '../../platform/secrets/a1-hash';
import { CannotUnseal } from '../../platform/secrets/sealed-box';
import { type NewCredentials, type SipCredentials } from '../../platform/secrets/sip-credentials.service';
import { type RowPatch } from './import-row';
import { type References } from './row-validator';

export type NewRow = Omit<Extension, 'id'>;

/** A change of an extension that is to be written. */
export interface PlannedChange extends RevocationRule {
  extension: Extension;
  mailbox: Pick<Change, 'mailbox'>;
  deed: AuditEvent;
}

/** Turns a validated row into what is to be written. */
export class ChangePlanner {
  constructor(
    private readonly account: Pick<AuthContext, 'tenantId' | 'domain' | 'countryCode'>,
    private readonly credentials: SipCredentials,
  ) {}

  newCredentials(number: string, chosen?: string | null): NewCredentials {
    const { tenantId, domain } = this.account;
    return this.credentials.make({ tenantId, number, realm: domain }, chosen);
  }

  newRow(given: NewExtension, { sealedA1 }: NewCredentials, around: References): NewRow {
    const row = { ...newExtension(this.account.tenantId, given), a1: sealedA1 };
    if (given.voicemailPin) row.voicemailPin = this.sealPin(given.voicemailPin, row.extensionNumber);
    row.teamId = given.teamId ?? null;
    setCallerId(row, given.outboundCallerId ?? null, around);
    return row;
  }

  /** Changes the extension, or answers null when it is as the row says; a secret that is the same is no change. */
  plan(extension: Extension, given: RowPatch, around: References): PlannedChange | null {
    const old = { ...extension };
    applyFields(extension, given);
    if (given.teamId !== undefined) extension.teamId = given.teamId;
    const callerId = given.outboundCallerId;
    if (callerId !== undefined && callerId !== extension.outboundCallerIdAsSent) {
      setCallerId(extension, callerId, around);
    }
    this.applyPin(extension, given.voicemailPin);
    this.applyPassword(extension, given.sipPassword);
    const changes = changesBetween(extensionFields(old), extensionFields(extension));
    const fields = Object.keys(changes);
    if (fields.length === 0) return null;
    extension.updatedAt = now();
    const rotatedOnly = fields.every((field) => field === EXTENSION_FIELDS.sipPassword.recorded);
    return {
      extension,
      ...revocationFor(old, extension),
      mailbox: mailboxWork(extension, changes),
      deed: {
        action: rotatedOnly ? 'password_changed' : 'updated',
        resourceType: 'extension',
        resource: extension.extensionNumber,
        changes: withPinFault(changes, pinFaultOf(this.credentials, extension)),
      },
    };
  }

  private applyPin(extension: Extension, pin: string | null | undefined): void {
    if (pin === undefined) return;
    const { voicemailPin: sealed, extensionNumber: number } = extension;
    extension.voicemailPin =
      pin === null ? null : this.credentials.resealPin(sealed, pin, this.identity(number));
  }

  private applyPassword(extension: Extension, password: string | null | undefined): void {
    if (password === undefined || password === null) return;
    const { a1, extensionNumber: number } = extension;
    const wanted = a1Hash(number, this.account.domain, password);
    if (this.holds(() => this.credentials.openA1(a1, this.identity(number)) === wanted)) return;
    extension.a1 = this.newCredentials(number, password).sealedA1;
    extension.passwordChangedAt = now();
  }

  /** What was sealed under another key is not the same. */
  private holds(same: () => boolean): boolean {
    try {
      return same();
    } catch (error) {
      if (error instanceof CannotUnseal) return false;
      throw error;
    }
  }

  private sealPin(pin: string, number: string): string {
    return this.credentials.sealPin(pin, this.identity(number));
  }

  private identity(number: string): { tenantId: number; number: string } {
    return { tenantId: this.account.tenantId, number };
  }
}

function setCallerId(
  row: Pick<Extension, 'outboundCallerIdId' | 'outboundCallerIdAsSent'>,
  sent: string | null,
  { callerIds, countryCode }: References,
): void {
  row.outboundCallerIdAsSent = sent;
  row.outboundCallerIdId = sent === null ? null : (callerIds.get(canonicalNumber(sent, countryCode)) ?? null);
}
