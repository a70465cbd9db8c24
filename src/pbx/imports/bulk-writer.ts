import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type AuthContext } from '../../accounts/auth-context';
import { type AuditEvent } from '../../events/audit/audit.service';
import { changesBetween } from '../../events/audit/changes';
import { CHANGED_COLUMNS, extensionFields } from '../extensions/extension-fields';
import { Extension } from '../../schema/extension.entity';
import { pinFaultOf, withPinFault } from '../extensions/pin-faults';
import { idsByUser, type RevocationNode } from '../../schema/revocation-node.entity';
import { RevocationsService } from '../../nodes/revocations/revocations.service';
import { SipCredentials } from '../../platform/secrets/sip-credentials.service';
import { type PlannedChange, type NewRow } from './change-planner';

/** Writes many extensions with few statements. */
@Injectable()
export class BulkWriter {
  constructor(
    private readonly revocations: RevocationsService,
    private readonly credentials: SipCredentials,
  ) {}

  /**
   * Inside a transaction that holds the tenant: nobody else makes, changes or deletes these meanwhile.
   * @param rows and edits of a few hundred extensions
   * @returns what nodes must do, and what the audit is to be told
   */
  async write(
    manager: EntityManager,
    { tenantId, domain }: AuthContext,
    { rows, edits }: { rows: readonly NewRow[]; edits: readonly PlannedChange[] },
  ): Promise<{ works: RevocationNode[]; deeds: AuditEvent[] }> {
    if (rows.length > 0) {
      await manager
        .createQueryBuilder()
        .insert()
        .into(Extension)
        .values([...rows])
        .updateEntity(false)
        .execute();
    }
    if (edits.length > 0) {
      // Every row is there: one statement for all, in which each finds its own values.
      await manager
        .createQueryBuilder()
        .insert()
        .into(Extension)
        .values(edits.map(({ extension }) => extension))
        .orUpdate([...CHANGED_COLUMNS], ['id'])
        .updateEntity(false)
        .execute();
    }
    const changes = edits.map(({ extension, reason, dropContacts, mailbox }) => {
      const user = { tenantId, sipUser: extension.extensionNumber, sipDomain: domain };
      return { ...user, reason, dropContacts, ...mailbox };
    });
    const works = await this.revocations.record(manager, changes);
    const revocations = idsByUser(works);
    const edited = edits.map(({ deed }) => ({ ...deed, revocations }));
    return { works, deeds: [...rows.map((row) => this.creation(row)), ...edited] };
  }

  private creation(row: NewRow): AuditEvent {
    const made = changesBetween(null, extensionFields(row));
    const changes = withPinFault(made, pinFaultOf(this.credentials, row));
    return { action: 'created', resourceType: 'extension', resource: row.extensionNumber, changes };
  }
}
