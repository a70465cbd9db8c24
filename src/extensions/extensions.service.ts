import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type AccountOf } from '../auth/account';
import { findActiveCallerId } from '../caller-ids/caller-ids.service';
import { InvalidData } from '../common/errors';
import { now } from '../common/time';
import { brokenUnique, Transactions } from '../database/transactions';
import { OutcomeUnknown } from '../database/unavailable';
import { type RevocationReason } from '../revocations/revocation.entity';
import { RevocationsService } from '../revocations/revocations.service';
import { type NewCredentials, SipCredentials } from '../sip-credentials/sip-credentials.service';
import { Team } from '../teams/team.entity';
import { lockTenant } from '../tenants/tenants.service';
import {
  type CreateExtensionDto,
  type ListExtensionsQuery,
  type UpdateExtensionDto,
} from './extension-input.dto';
import { findExtension, listExtensions } from './extension-queries';
import { type ExtensionChange, ExtensionChanges } from './extension-changes';
import { Extension } from './extension.entity';

const TAKEN = InvalidData.field('extension_number', 'The extension number has already been taken.');

/** Makes, changes and deletes extensions; what FreeSWITCH must forget, it has forgotten when these resolve. */
@Injectable()
export class ExtensionsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly credentials: SipCredentials,
    private readonly revocations: RevocationsService,
    private readonly changes: ExtensionChanges,
  ) {}

  list(account: AccountOf, query: ListExtensionsQuery): Promise<[Extension[], number]> {
    return listExtensions(this.dataSource, account.tenantId, query);
  }

  /** @throws NotFound */
  detail(account: AccountOf, number: string): Promise<Extension> {
    return findExtension(this.dataSource.manager, account.tenantId, number);
  }

  /** @throws InvalidData when the number is taken, the limit is reached, or a reference is wrong */
  async create(account: AccountOf, given: CreateExtensionDto): Promise<[Extension, NewCredentials]> {
    const number = given.extension_number;
    const identity = { tenantId: account.tenantId, number, realm: account.domain };
    const credentials = this.credentials.make(identity, given.sip_password);
    try {
      const saved = await this.transactions.run(async (manager) => {
        await this.makeRoom(manager, account.tenantId, number);
        const extension = manager.create(Extension, {
          tenantId: account.tenantId,
          extensionNumber: number,
          liveNumber: number,
          a1: credentials.sealedA1,
          displayName: given.display_name ?? null,
          voicemailEnabled: given.voicemail_enabled ?? false,
          voicemailEmail: given.voicemail_email ?? null,
          recordingMode: given.recording_mode ?? 'none',
          status: 'active',
          maxConcurrent: given.max_concurrent ?? 2,
          tlsEnabled: given.tls_enabled ?? false,
          passwordChangedAt: null,
          createdAt: now(),
          updatedAt: now(),
          deletedAt: null,
        });
        await this.applyReferences(manager, account, extension, given);
        return manager.save(extension);
      });
      this.changes.tell({ number, domain: account.domain });
      return [saved, credentials];
    } catch (error) {
      throw brokenUnique(error) ? TAKEN : error;
    }
  }

  /** @throws NotFound, InvalidData */
  async update(account: AccountOf, number: string, given: UpdateExtensionDto): Promise<Extension> {
    return this.change(account, number, async (manager, extension) => {
      refuseRenumbering(extension, given);
      const before = JSON.stringify(extension);
      const wasActive = extension.status === 'active';
      if (given.display_name !== undefined) extension.displayName = given.display_name;
      if (given.voicemail_enabled !== undefined) extension.voicemailEnabled = given.voicemail_enabled;
      if (given.voicemail_email !== undefined) extension.voicemailEmail = given.voicemail_email;
      if (given.recording_mode !== undefined) extension.recordingMode = given.recording_mode;
      if (given.max_concurrent !== undefined) extension.maxConcurrent = given.max_concurrent;
      if (given.tls_enabled !== undefined) extension.tlsEnabled = given.tls_enabled;
      if (given.status !== undefined) extension.status = given.status;
      await this.applyReferences(manager, account, extension, given);
      if (JSON.stringify(extension) === before) return null;
      return wasActive && extension.status === 'disabled' ? 'disabled' : 'changed';
    });
  }

  /**
   * The old password no longer opens anything once this resolves.
   * @param disconnect whether phones that are registered must do so again
   * @throws NotFound
   */
  async changePassword(
    account: AccountOf,
    number: string,
    chosen: string | null | undefined,
    disconnect: boolean,
  ): Promise<NewCredentials> {
    const credentials = this.credentials.make(
      { tenantId: account.tenantId, number, realm: account.domain },
      chosen,
    );
    const edit = (extension: Extension): RevocationReason => {
      extension.a1 = credentials.sealedA1;
      extension.passwordChangedAt = now();
      return 'password_changed';
    };
    await this.change(account, number, (_manager, extension) => Promise.resolve(edit(extension)), disconnect);
    return credentials;
  }

  /** @throws NotFound */
  async delete(account: AccountOf, number: string): Promise<void> {
    await this.change(account, number, (_manager, extension) => {
      extension.deletedAt = now();
      extension.liveNumber = null;
      return Promise.resolve('deleted');
    });
  }

  /** Changes one extension, and has FreeSWITCH forget it if `edit` says that something changed. */
  private async change(
    account: AccountOf,
    number: string,
    edit: (manager: EntityManager, extension: Extension) => Promise<RevocationReason | null>,
    disconnect = false,
  ): Promise<Extension> {
    const [changed, works] = await this.told({ number, domain: account.domain }, async (manager) => {
      // Held, so that two changes at once follow one another and none is lost.
      await lockTenant(manager, account.tenantId);
      const extension = await findExtension(manager, account.tenantId, number);
      const wasTlsOnly = extension.tlsEnabled;
      const reason = await edit(manager, extension);
      if (reason === null) return [extension, []];
      extension.updatedAt = now();
      await manager.save(extension);
      const mayHavePhone = extension.deletedAt === null && extension.status === 'active';
      const user = { tenantId: account.tenantId, sipUser: number, sipDomain: account.domain };
      // A phone that came without TLS must come again.
      const dropContacts = disconnect || !mayHavePhone || (extension.tlsEnabled && !wasTlsOnly);
      const change = { ...user, reason, dropContacts };
      return [extension, await this.revocations.record(manager, [change])];
    });
    await this.revocations.carryOut(works);
    return changed;
  }

  /** Tells of the change once it is committed, and also when nobody knows whether it is. */
  private async told<T>(change: ExtensionChange, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      const done = await this.transactions.run(work);
      this.changes.tell(change);
      return done;
    } catch (error) {
      if (error instanceof OutcomeUnknown) this.changes.tell(change);
      throw error;
    }
  }

  private async makeRoom(manager: EntityManager, tenantId: number, number: string): Promise<void> {
    const tenant = await lockTenant(manager, tenantId);
    if (await manager.existsBy(Extension, { tenantId, liveNumber: number })) throw TAKEN;
    if (tenant.maxExtensions === null) return;
    const live = await manager
      .createQueryBuilder(Extension, 'e')
      .where('e.tenant_id = :tenantId AND e.live_number IS NOT NULL', { tenantId })
      .getCount();
    if (live < tenant.maxExtensions) return;
    const sentence = `The account may not have more than ${tenant.maxExtensions} extensions.`;
    throw InvalidData.field('extension_number', sentence);
  }

  /** Sets what is looked up elsewhere, or sealed. */
  private async applyReferences(
    manager: EntityManager,
    account: AccountOf,
    extension: Extension,
    given: Pick<CreateExtensionDto, 'team_id' | 'outbound_caller_id' | 'voicemail_pin'>,
  ): Promise<void> {
    if (given.team_id !== undefined) {
      extension.team =
        given.team_id === null ? null : await findTeam(manager, account.tenantId, given.team_id);
      extension.teamId = given.team_id;
    }
    if (given.outbound_caller_id !== undefined) {
      const sent = given.outbound_caller_id;
      const callerId = sent === null ? null : await findActiveCallerId(manager, account, sent);
      if (sent !== null && !callerId) {
        throw InvalidData.field('outbound_caller_id', 'The selected outbound caller id is invalid.');
      }
      extension.outboundCallerIdId = callerId?.id ?? null;
      extension.outboundCallerIdAsSent = sent;
    }
    if (given.voicemail_pin !== undefined) {
      const identity = { tenantId: account.tenantId, number: extension.extensionNumber };
      extension.voicemailPin =
        given.voicemail_pin === null ? null : this.credentials.sealPin(given.voicemail_pin, identity);
    }
  }
}

async function findTeam(manager: EntityManager, tenantId: number, id: number): Promise<Team> {
  const team = await manager.findOneBy(Team, { id, tenantId });
  if (!team) throw InvalidData.field('team_id', 'The selected team id is invalid.');
  return team;
}

function refuseRenumbering(extension: Extension, given: UpdateExtensionDto): void {
  if (given.extension_number === undefined || given.extension_number === extension.extensionNumber) return;
  const sentence =
    'The extension number cannot be changed. Make a new extension with POST /api/pbx/extensions and delete this one.';
  throw InvalidData.field('extension_number', sentence);
}
