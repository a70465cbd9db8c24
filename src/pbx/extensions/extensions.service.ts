import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type AuthContext } from '../../accounts/auth-context';
import { findActiveCallerId } from '../caller-ids/caller-ids.service';
import { AuditService } from '../../events/audit/audit.service';
import { changesBetween } from '../../events/audit/changes';
import { InvalidData, together } from '../../core/errors';
import { requireMatch } from '../../core/etag';
import { now } from '../../core/time';
import { brokenUnique } from '../../platform/database/codes';
import { Transactions } from '../../platform/database/transactions';
import { UserChangeTransaction } from '../../nodes/revocations/user-change-transaction';
import { type RevocationReason } from '../../schema/revocation.entity';
import { type NewCredentials, SipCredentials } from '../../platform/secrets/sip-credentials.service';
import { refuseWeak } from '../../platform/secrets/weak-password';
import { Team } from '../../schema/team.entity';
import { type Tenant } from '../../schema/tenant.entity';
import { lockTenant } from '../../accounts/tenants/tenants.service';
import {
  type CreateExtensionDto,
  type ListExtensionsQuery,
  type UpdateExtensionDto,
} from '../../api/pbx/extensions/extension-input.dto';
import { applyFields, extensionFields, newExtension } from './extension-fields';
import { mailboxWork } from './mailbox';
import { pinFaultOf, withPinFault } from './pin-faults';
import { findExtension, listExtensions } from '../../accounts/scope/extension-queries';
import { rejectFieldsBeyondRole, assertTeamInScope } from '../../accounts/scope/extension-scope';
import { ExtensionChanges } from '../../events/extension-changes';
import { Extension } from '../../schema/extension.entity';
import { assertNotEmergencyNumber, assertExtensionQuota } from './extension-quota';

/** Changes the row; null when nothing was changed. */
type Edit = (
  manager: EntityManager,
  extension: Extension,
  tenant: Tenant,
) => Promise<RevocationReason | null>;

type References = Pick<CreateExtensionDto, 'team_id' | 'outbound_caller_id' | 'voicemail_pin'>;

const TAKEN = InvalidData.field('extension_number', 'The extension number has already been taken.');

/** Makes, changes and deletes extensions; what FreeSWITCH must forget, it has forgotten when these resolve. */
@Injectable()
export class ExtensionsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly credentials: SipCredentials,
    private readonly users: UserChangeTransaction,
    private readonly changes: ExtensionChanges,
    private readonly audit: AuditService,
  ) {}

  list(account: AuthContext, query: ListExtensionsQuery): Promise<[Extension[], number]> {
    return listExtensions(this.dataSource, account, query);
  }

  /** @throws NotFound */
  detail(account: AuthContext, number: string): Promise<Extension> {
    return findExtension(this.dataSource.manager, account, number);
  }

  /**
   * @throws InvalidData when the number is taken or an emergency number, the limit is reached, a reference is wrong, or
   *   the password is weak
   */
  async create(account: AuthContext, given: CreateExtensionDto): Promise<[Extension, NewCredentials]> {
    const number = given.extension_number;
    const identity = { tenantId: account.tenantId, number, realm: account.domain };
    const credentials = this.credentials.make(identity, given.sip_password);
    try {
      const saved = await this.transactions.run(async (manager) => {
        assertTeamInScope(account, given.team_id ?? null);
        const fields = newExtension(account.tenantId, given);
        const extension = manager.create(Extension, { ...fields, a1: credentials.sealedA1 });
        const tenant = await lockTenant(manager, account.tenantId);
        await together(
          () => makeRoom(manager, tenant, number),
          () => this.applyReferences(manager, account, extension, given),
          () =>
            refuseWeak(tenant, 'sip_password', given.sip_password, {
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
   * @throws NotFound, InvalidData, PreconditionFailed; Unauthorized for what an agent may not change
   */
  async update(
    account: AuthContext,
    number: string,
    given: UpdateExtensionDto,
    ifMatch?: string,
  ): Promise<Extension> {
    rejectFieldsBeyondRole(account, given);
    const edit: Edit = async (manager, extension) => {
      if (given.team_id !== undefined) assertTeamInScope(account, given.team_id);
      const before = JSON.stringify(extension);
      const wasActive = extension.status === 'active';
      applyFields(extension, given);
      await together(
        () => refuseRenumbering(extension, given),
        () => this.applyReferences(manager, account, extension, given),
      );
      if (JSON.stringify(extension) === before) return null;
      return wasActive && extension.status === 'disabled' ? 'disabled' : 'changed';
    };
    return this.change(account, number, edit, { ifMatch });
  }

  /**
   * The old password no longer opens anything once this resolves.
   * @param disconnect whether phones that are registered must do so again
   * @throws NotFound; InvalidData for a weak password
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
      refuseWeak(tenant, 'new_password', chosen, { name: 'extension number', value: number });
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
      const wasTlsOnly = extension.tlsEnabled;
      const reason = await edit(manager, extension, tenant);
      if (reason === null) return extension;
      extension.updatedAt = now();
      await manager.save(extension);
      const mayHavePhone = extension.deletedAt === null && extension.status === 'active';
      const user = { tenantId: account.tenantId, sipUser: number, sipDomain: account.domain };
      // A phone that came without TLS must come again.
      const dropContacts = disconnect || !mayHavePhone || (extension.tlsEnabled && !wasTlsOnly);
      const changes = changesBetween(before, extensionFields(extension));
      const mailbox = mailboxWork(extension, changes);
      const recorded = await forget([{ ...user, reason, dropContacts, ...mailbox }]);
      const deed = {
        action: reason === 'disabled' || reason === 'changed' ? 'updated' : reason,
        resourceType: 'extension',
        resource: number,
        changes: withPinFault(changes, pinFaultOf(this.credentials, extension)),
        revocations: [recorded.get(number)],
      } as const;
      await this.audit.record(manager, account.tenantId, account.actor, [deed]);
      return extension;
    });
  }

  /** Sets what is looked up elsewhere, or sealed. @throws InvalidData with all that is wrong */
  private async applyReferences(
    manager: EntityManager,
    account: AuthContext,
    extension: Extension,
    given: References,
  ): Promise<void> {
    await together(
      () => applyTeam(manager, extension, given.team_id),
      () => applyCallerId(manager, account, extension, given.outbound_caller_id),
    );
    if (given.voicemail_pin !== undefined) {
      const identity = { tenantId: account.tenantId, number: extension.extensionNumber };
      extension.voicemailPin =
        given.voicemail_pin === null
          ? null
          : this.credentials.resealPin(extension.voicemailPin, given.voicemail_pin, identity);
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
  id: References['team_id'],
): Promise<void> {
  if (id === undefined) return;
  const team = id === null ? null : await manager.findOneBy(Team, { id, tenantId: extension.tenantId });
  if (id !== null && !team) throw InvalidData.field('team_id', 'The selected team id is invalid.');
  extension.team = team;
  extension.teamId = id;
}

async function applyCallerId(
  manager: EntityManager,
  account: AuthContext,
  extension: Extension,
  sent: References['outbound_caller_id'],
): Promise<void> {
  // One that it has already is right, whatever became of it since.
  if (sent === undefined || sent === extension.outboundCallerIdAsSent) return;
  const callerId = sent === null ? null : await findActiveCallerId(manager, account, sent);
  if (sent !== null && !callerId)
    throw InvalidData.field('outbound_caller_id', 'The selected outbound caller id is invalid.');
  extension.outboundCallerIdId = callerId?.id ?? null;
  extension.outboundCallerIdAsSent = sent;
}

function refuseRenumbering(extension: Extension, given: UpdateExtensionDto): void {
  if (given.extension_number === undefined || given.extension_number === extension.extensionNumber) return;
  const sentence =
    'The extension number cannot be changed. Make a new extension with POST /api/pbx/extensions and delete this one.';
  throw InvalidData.field('extension_number', sentence);
}
