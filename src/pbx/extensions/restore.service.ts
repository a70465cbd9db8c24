import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource, type EntityManager, In, IsNull, LessThan } from 'typeorm';
import { SYSTEM } from '../../core/actor';
import { AuditService } from '../../events/audit/audit.service';
import { changesBetween } from '../../events/audit/changes';
import { type AuthContext } from '../../accounts/auth-context';
import { Conflict, NotFound } from '../../core/errors';
import { now } from '../../core/time';
import { Settings } from '../../platform/config/settings';
import { Transactions } from '../../platform/database/transactions';
import { UserChangeTransaction } from '../../nodes/revocations/user-change-transaction';
import { type NewCredentials, SipCredentials } from '../../platform/secrets/sip-credentials.service';
import { lockTenant } from '../../accounts/tenants/tenants.service';
import { detachExtensionsFromUsers } from '../../accounts/users/detach-references';
import { extensionFields } from './extension-fields';
import { EXTENSION_NUMBER } from '../../core/extension-number';
import { canSee } from '../../accounts/scope/extension-scope';
import { newMailbox } from './mailbox';
import { Extension } from '../../schema/extension.entity';
import { assertNotEmergencyNumber, assertExtensionQuota } from './extension-quota';

const DAY_MS = 24 * 3_600_000;
const PURGE_EVERY_MS = 3_600_000;
const PURGED_AT_ONCE = 200;

/** Brings deleted extensions back, for as long as they are kept, and removes them when that is over. */
@Injectable()
export class RestoreService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(RestoreService.name);
  private timer: NodeJS.Timeout | null = null;
  private purging: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly credentials: SipCredentials,
    private readonly users: UserChangeTransaction,
    private readonly audit: AuditService,
    private readonly settings: Settings,
  ) {}

  onApplicationBootstrap(): void {
    if (this.settings.DELETED_RETENTION_DAYS === 0) return;
    const purge = (): void => {
      this.purging = this.purging.then(() => this.purge());
    };
    this.timer = setInterval(purge, PURGE_EVERY_MS);
    purge();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearInterval(this.timer);
    await this.purging;
  }

  /**
   * Brings back the extension that had the number last, as it was, with a new password, and an empty mailbox: who
   * knew the old one is out, on every node.
   * @throws NotFound when none of that number was deleted, or it is no longer kept; Conflict when the number
   *   is in use; FieldInvalid when the tenant may not have one more, or it is an
   *   emergency number by now
   */
  restore(account: AuthContext, number: string): Promise<[Extension, NewCredentials]> {
    const { tenantId, domain } = account;
    const credentials = this.credentials.make({ tenantId, number, realm: domain });
    return this.users.run(async (manager, forget) => {
      const tenant = await lockTenant(manager, tenantId);
      const extension = await lastDeleted(manager, account, number);
      const before = extensionFields(extension);
      const left = extension.mailbox;
      assertNotEmergencyNumber(tenant, number);
      await assertExtensionQuota(manager, tenant);
      extension.liveNumber = number;
      extension.deletedAt = null;
      extension.mailbox = newMailbox(number);
      extension.liveSince = now();
      extension.a1 = credentials.sealedA1;
      extension.passwordChangedAt = now();
      extension.updatedAt = now();
      await manager.save(extension);
      const user = { tenantId, sipUser: number, sipDomain: domain };
      const mailbox = { name: left, step: 'delete' } as const;
      // A node that was away since the deletion may hold a phone, the password, and the messages of before.
      const revocations = await forget([
        { ...user, reason: 'password_changed', dropContacts: true, mailbox },
      ]);
      const changes = changesBetween(before, extensionFields(extension));
      const deed = { action: 'restored', resourceType: 'extension', resource: number, changes } as const;
      await this.audit.record(manager, tenantId, account.actor, [{ ...deed, revocations }]);
      return [extension, credentials];
    });
  }

  /** Removes what was deleted longer ago than the settings say, in small steps. Never fails. */
  private async purge(): Promise<void> {
    try {
      let left = true;
      while (left && !this.stopped) left = await this.purgeSome();
    } catch (error) {
      this.logger.warn(
        { event: 'extension.purge_failed', err: error },
        'old deleted extensions could not be removed',
      );
    }
  }

  /** Some of one tenant's. @returns whether there may be more */
  private async purgeSome(): Promise<boolean> {
    const old = { deletedAt: LessThan(new Date(Date.now() - this.settings.DELETED_RETENTION_DAYS * DAY_MS)) };
    const [oldest] = await this.dataSource.manager.find(Extension, {
      select: { id: true, tenantId: true },
      where: old,
      order: { deletedAt: 'ASC' },
      take: 1,
    });
    if (!oldest) return false;
    const { tenantId } = oldest;
    await this.transactions.run(async (manager) => {
      await lockTenant(manager, tenantId);
      const found = await manager.find(Extension, { where: { ...old, tenantId }, take: PURGED_AT_ONCE });
      if (found.length === 0) return;
      const ids = found.map(({ id }) => id);
      const taken = await detachExtensionsFromUsers(manager, found);
      await manager.delete(Extension, { id: In(ids) });
      const deeds = found.map((extension) => ({
        action: 'purged',
        resourceType: 'extension' as const,
        resource: extension.extensionNumber,
        changes: changesBetween(extensionFields(extension), null),
      }));
      await this.audit.record(manager, tenantId, SYSTEM, [...deeds, ...taken]);
    });
    return true;
  }
}

/**
 * The extension, with its team, that had a free number last.
 * @throws NotFound, Conflict
 */
async function lastDeleted(manager: EntityManager, account: AuthContext, number: string): Promise<Extension> {
  if (!EXTENSION_NUMBER.test(number)) throw new NotFound();
  const { tenantId } = account;
  const last = await manager.findOne(Extension, {
    where: { tenantId, extensionNumber: number, liveNumber: IsNull() },
    relations: { team: true },
    order: { deletedAt: 'DESC', id: 'DESC' },
  });
  const live = await manager.findOneBy(Extension, { tenantId, liveNumber: number });
  // Somebody else's may have come in between: who sees only an older one has nothing to bring back.
  if (![last, live].some((each) => each && canSee(account, each))) throw new NotFound();
  if (!last || live) throw new Conflict('The extension number is in use.');
  return last;
}
