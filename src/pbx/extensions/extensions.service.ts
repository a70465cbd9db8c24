import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type AuthContext } from '../../accounts/auth-context';
import { findActiveCallerId } from '../caller-ids/caller-ids.service';
import { AuditService } from '../../events/audit/audit.service';
import { changesBetween } from '../../events/audit/changes';
import { FieldInvalid, together } from '../../core/errors';
import { requireMatch } from '../../core/etag';
import { now } from '../../core/time';
import { brokenUnique } from '../../platform/database/codes';
import { Transactions } from '../../platform/database/transactions';
import { UserChangeTransaction } from '../../nodes/revocations/user-change-transaction';
import { type NewCredentials, SipCredentials } from '../../platform/secrets/sip-credentials.service';
import { refuseWeak } from '../../platform/secrets/weak-password';
import { Team } from '../../schema/team.entity';
import { type Tenant } from '../../schema/tenant.entity';
import { lockTenant } from '../../accounts/tenants/tenants.service';
import {
  applyFields,
  extensionFields,
  type ExtensionPatch,
  type NewExtension,
  newExtension,
} from './extension-fields';
import { mailboxWork } from './mailbox';
import { pinFaultOf, withPinFault } from './pin-faults';
import { revocationFor } from './revocation-rules';
import { ExtensionCounts } from '../../accounts/scope/extension-counts';
import { type ExtensionFilter, findExtension, listExtensions } from '../../accounts/scope/extension-queries';
import { ExtensionReader } from '../../accounts/scope/extension-reader';
import { type RowRange } from '../../core/page';
import { rejectFieldsBeyondRole, assertTeamInScope } from '../../accounts/scope/extension-scope';
import { ExtensionChanges } from '../../events/extension-changes';
import { Extension } from '../../schema/extension.entity';
import { assertNotEmergencyNumber, assertExtensionQuota } from './extension-quota';

/** Changes the row. @returns what to record it as; null when nothing was changed */
type Edit = (manager: EntityManager, extension: Extension, tenant: Tenant) => Promise<string | null>;

type References = Pick<NewExtension, 'teamId' | 'outboundCallerId' | 'voicemailPin'>;

const TAKEN = new FieldInvalid({ field: 'extensionNumber', code: 'taken' });

/** Creates, changes and deletes extensions. When these resolve, the nodes that are there know of it. */
@Injectable()
export class ExtensionsService {
  private readonly counts: ExtensionCounts;
  private readonly reader: ExtensionReader;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly credentials: SipCredentials,
    private readonly users: UserChangeTransaction,
    private readonly changes: ExtensionChanges,
    private readonly audit: AuditService,
  ) {
    this.counts = new ExtensionCounts(dataSource);
    this.reader = new ExtensionReader(dataSource);
  }

  list(account: AuthContext, query: ExtensionFilter & RowRange): Promise<[Extension[], number]> {
    return listExtensions(this.dataSource, this.counts, account, query);
  }

  /** @throws NotFound */
  detail(account: AuthContext, number: string): Promise<Extension> {
    return this.reader.read(account, number);
  }

  /**
   * @throws FieldInvalid when the number is taken or an emergency number, the limit is reached, a reference is wrong, or
   *   the password is weak
   */
  async create(account: AuthContext, given: NewExtension): Promise<[Extension, NewCredentials]> {
    const number = given.extensionNumber;
    const identity = { tenantId: account.tenantId, number, realm: account.domain };
    const credentials = this.credentials.make(identity, given.sipPassword);
    try {
      const saved = await this.transactions.run(async (manager) => {
        assertTeamInScope(account, given.teamId ?? null);
        const fields = newExtension(account.tenantId, given);
        const extension = manager.create(Extension, { ...fields, a1: credentials.sealedA1 });
        const tenant = await lockTenant(manager, account.tenantId);
        await together(
          () => makeRoom(manager, tenant, number),
          () => this.applyReferences(manager, account, extension, given),
          () =>
            refuseWeak(tenant, 'sipPassword', given.sipPassword, {
              name: 'extension number',
              value: number,
            }),
        );
        const saved = await manager.save(extension);
        const made = changesBetween(null, extensionFields(saved));
        const changes = withPinFault(made, pinFaultOf(this.credentials, saved));
        const deed = { action: 'created', resourceType: 'extension', resource: number, changes } as const;
        await this.audit.record(manager, account.tenantId, account.actor, [deed]);
        return saved;
      });
      this.changes.emit({ number, domain: account.domain, isNew: true });
      return [saved, credentials];
    } catch (error) {
      throw brokenUnique(error) ? TAKEN : error;
    }
  }

  /**
   * @param ifMatch the If-Match header
   * @throws NotFound, FieldInvalid, PreconditionFailed; Unauthorized for what an agent may not change
   */
  async update(
    account: AuthContext,
    number: string,
    given: ExtensionPatch,
    ifMatch?: string,
  ): Promise<Extension> {
    rejectFieldsBeyondRole(account, given);
    const edit: Edit = async (manager, extension) => {
      if (given.teamId !== undefined) assertTeamInScope(account, given.teamId);
      const before = JSON.stringify(extension);
      applyFields(extension, given);
      await together(
        () => refuseRenumbering(extension, given),
        () => this.applyReferences(manager, account, extension, given),
      );
      return JSON.stringify(extension) === before ? null : 'updated';
    };
    return this.change(account, number, edit, { ifMatch });
  }

  /**
   * The old password no longer opens anything once this resolves.
   * @param disconnect whether phones that are registered must do so again
   * @throws NotFound; FieldInvalid for a weak password
   */
  async changePassword(
    account: AuthContext,
    number: string,
    chosen: string | null | undefined,
    disconnect: boolean,
  ): Promise<NewCredentials> {
    const credentials = this.credentials.make(
      { tenantId: account.tenantId, number, realm: account.domain },
      chosen,
    );
    const edit: Edit = (_manager, extension, tenant) => {
      refuseWeak(tenant, 'newPassword', chosen, { name: 'extension number', value: number });
      extension.a1 = credentials.sealedA1;
      extension.passwordChangedAt = now();
      return Promise.resolve('password_changed');
    };
    await this.change(account, number, edit, { disconnect });
    return credentials;
  }

  /**
   * @param ifMatch the If-Match header
   * @throws NotFound, PreconditionFailed
   */
  async delete(account: AuthContext, number: string, ifMatch?: string): Promise<void> {
    const edit: Edit = (_manager, extension) => {
      extension.deletedAt = now();
      extension.liveNumber = null;
      return Promise.resolve('deleted');
    };
    await this.change(account, number, edit, { ifMatch });
  }

  /** Changes one extension, and has FreeSWITCH forget it if `edit` says that something changed. */
  private change(
    account: AuthContext,
    number: string,
    edit: Edit,
    { disconnect = false, ifMatch }: { disconnect?: boolean; ifMatch?: string | undefined } = {},
  ): Promise<Extension> {
    return this.users.run(async (manager, forget) => {
      // Held, so that two changes at once follow one another and none is lost.
      const tenant = await lockTenant(manager, account.tenantId);
      const extension = await findExtension(manager, account, number);
      const before = extensionFields(extension);
      requireMatch(ifMatch, before);
      const old = { ...extension };
      const action = await edit(manager, extension, tenant);
      if (action === null) return extension;
      extension.updatedAt = now();
      await manager.save(extension);
      const user = { tenantId: account.tenantId, sipUser: number, sipDomain: account.domain };
      const changes = changesBetween(before, extensionFields(extension));
      const mailbox = mailboxWork(extension, changes);
      const revocations = await forget([
        { ...user, ...revocationFor(old, extension, { disconnect }), ...mailbox },
      ]);
      const deed = {
        action,
        resourceType: 'extension',
        resource: number,
        changes: withPinFault(changes, pinFaultOf(this.credentials, extension)),
        revocations,
      } as const;
      await this.audit.record(manager, account.tenantId, account.actor, [deed]);
      return extension;
    });
  }

  /** Sets what is looked up elsewhere, or sealed. @throws FieldInvalid with all that is wrong */
  private async applyReferences(
    manager: EntityManager,
    account: AuthContext,
    extension: Extension,
    given: References,
  ): Promise<void> {
    await together(
      () => applyTeam(manager, extension, given.teamId),
      () => applyCallerId(manager, account, extension, given.outboundCallerId),
    );
    if (given.voicemailPin !== undefined) {
      const identity = { tenantId: account.tenantId, number: extension.extensionNumber };
      extension.voicemailPin =
        given.voicemailPin === null
          ? null
          : this.credentials.resealPin(extension.voicemailPin, given.voicemailPin, identity);
    }
  }
}

async function makeRoom(manager: EntityManager, tenant: Tenant, number: string): Promise<void> {
  assertNotEmergencyNumber(tenant, number);
  if (await manager.existsBy(Extension, { tenantId: tenant.id, liveNumber: number })) throw TAKEN;
  await assertExtensionQuota(manager, tenant);
}

async function applyTeam(
  manager: EntityManager,
  extension: Extension,
  id: References['teamId'],
): Promise<void> {
  if (id === undefined) return;
  const team = id === null ? null : await manager.findOneBy(Team, { id, tenantId: extension.tenantId });
  if (id !== null && !team) throw new FieldInvalid({ field: 'teamId', code: 'not_found' });
  extension.team = team;
  extension.teamId = id;
}

async function applyCallerId(
  manager: EntityManager,
  account: AuthContext,
  extension: Extension,
  sent: References['outboundCallerId'],
): Promise<void> {
  // One that it has already is right, whatever became of it since.
  if (sent === undefined || sent === extension.outboundCallerIdAsSent) return;
  const callerId = sent === null ? null : await findActiveCallerId(manager, account, sent);
  if (sent !== null && !callerId) throw new FieldInvalid({ field: 'outboundCallerId', code: 'not_found' });
  extension.outboundCallerIdId = callerId?.id ?? null;
  extension.outboundCallerIdAsSent = sent;
}

function refuseRenumbering(extension: Extension, given: ExtensionPatch): void {
  if (given.extensionNumber === undefined || given.extensionNumber === extension.extensionNumber) return;
  throw new FieldInvalid({ field: 'extensionNumber', code: 'unchangeable' });
}
