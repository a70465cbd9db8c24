import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull, Not } from 'typeorm';
import { type Actor } from '../../core/actor';
import { AuditService } from '../../events/audit/audit.service';
import { changesBetween } from '../../events/audit/changes';
import { CallerId } from '../../schema/caller-id.entity';
import { Conflict, FieldInvalid, NotFound } from '../../core/errors';
import { requireMatch } from '../../core/etag';
import { type RowRange } from '../../core/page';
import { type Patch } from '../../core/patch';
import { likePattern } from '../../platform/database/like-pattern';
import { now } from '../../core/time';
import { Transactions } from '../../platform/database/transactions';
import { Extension } from '../../schema/extension.entity';
import { nodeNames } from '../../nodes/registry/node-names';
import { UserChangeTransaction } from '../../nodes/revocations/user-change-transaction';
import { type Change } from '../../nodes/revocations/revocation-store';
import { Tenant, type TenantStatus } from '../../schema/tenant.entity';
import {
  forPlatform,
  loadTenantLocked,
  tenantFields,
  type TenantWithUsage,
} from '../../accounts/tenants/tenants.service';
import { removeTenant } from './remove-tenant';
import { usageOf } from '../../accounts/tenants/usage';

/** Which tenants are listed. */
export interface TenantFilter {
  status?: TenantStatus | null;
  /** Part of the name or the domain. */
  search?: string | null;
}

export type TenantPatch = Patch<
  Pick<
    Tenant,
    | 'name'
    | 'status'
    | 'maxExtensions'
    | 'maxDevices'
    | 'maxLegs'
    | 'countryCode'
    | 'emergencyNumbers'
    | 'refuseWeakPasswords'
  > & {
    /** Only the domain it has already is accepted. */
    domain: unknown;
  }
>;

/** Tenants as the platform's operators see and manage them. */
@Injectable()
export class TenantAdminService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly users: UserChangeTransaction,
    private readonly audit: AuditService,
  ) {}

  /** By domain, and how many there are. */
  async list(
    { status, search }: TenantFilter,
    { skip, take }: RowRange,
  ): Promise<[TenantWithUsage[], number]> {
    const found = this.dataSource.createQueryBuilder(Tenant, 't').where('1 = 1');
    if (status) found.andWhere({ status });
    if (search) {
      const pattern = likePattern(search);
      found.andWhere("(t.name LIKE :pattern ESCAPE '!' OR t.domain LIKE :pattern ESCAPE '!')", { pattern });
    }
    const [tenants, total] = await found.orderBy('t.domain').skip(skip).take(take).getManyAndCount();
    return [await withUsage(this.dataSource.manager, tenants), total];
  }

  /** @throws NotFound */
  async detail(id: number): Promise<TenantWithUsage> {
    const { manager } = this.dataSource;
    const tenant = await manager.findOneBy(Tenant, { id });
    const [found] = await withUsage(manager, tenant ? [tenant] : []);
    if (!found) throw new NotFound();
    return found;
  }

  /**
   * A tenant that is disabled loses its phones on every node, as a deleted extension does.
   * @param ifMatch the If-Match header
   * @throws NotFound, FieldInvalid, PreconditionFailed
   */
  async update(id: number, given: TenantPatch, actor: Actor, ifMatch?: string): Promise<void> {
    await this.detail(id);
    await this.users.run(async (manager, forget) => {
      const tenant = await held(manager, id);
      const before = tenantFields(tenant);
      requireMatch(ifMatch, before);
      refuseMoving(given, tenant);
      if (given.name !== undefined) tenant.name = given.name;
      if (given.countryCode !== undefined && given.countryCode !== tenant.countryCode) {
        await refuseAmongCallerIds(manager, id);
        tenant.countryCode = given.countryCode;
      }
      if (given.emergencyNumbers !== undefined) tenant.emergencyNumbers = given.emergencyNumbers;
      if (given.maxExtensions !== undefined) {
        await requireRoom(manager, id, given.maxExtensions);
        tenant.maxExtensions = given.maxExtensions;
      }
      if (given.maxDevices !== undefined) tenant.maxDevices = given.maxDevices;
      if (given.maxLegs !== undefined) tenant.maxLegs = given.maxLegs;
      if (given.refuseWeakPasswords !== undefined) tenant.refuseWeakPasswords = given.refuseWeakPasswords;
      if (given.status !== undefined) tenant.status = given.status;
      const changes = changesBetween(before, tenantFields(tenant));
      if (Object.keys(changes).length === 0) return;
      tenant.updatedAt = now();
      await manager.save(tenant);
      const users = 'status' in changes ? await activeUsers(manager, tenant) : [];
      const revocations = await forget(users);
      const deed = { action: 'updated', resourceType: 'tenant', resource: tenant.domain, changes } as const;
      await this.audit.record(manager, id, actor, [{ ...deed, revocations }]);
    });
  }

  /**
   * @param ifMatch the If-Match header
   * @throws NotFound, PreconditionFailed; Conflict while it has something, or a node that is in use has still to
   *   forget something of it
   */
  async delete(id: number, actor: Actor, ifMatch?: string): Promise<void> {
    await this.detail(id);
    await this.transactions.run(async (manager) => {
      const tenant = await held(manager, id);
      requireMatch(ifMatch, tenantFields(tenant));
      const [{ usage } = { usage: null }] = await withUsage(manager, [tenant]);
      const left = Object.entries({ ...usage, users: 0, tokens: 0 }).filter(([, count]) => count > 0);
      if (left.length > 0) {
        const named = (kind: string, count: number): string =>
          `${count} ${kind.replace(/[A-Z]/, (letter) => ` ${letter.toLowerCase()}`).slice(0, count === 1 ? -1 : undefined)}`;
        const has = left.map(([kind, count]) => named(kind, count)).join(', ');
        throw new Conflict(`The account is not empty: it has ${has}.`);
      }
      await removeTenant(manager, id, await nodeNames(manager));
      const changes = changesBetween(tenantFields(tenant), null);
      const deed = { action: 'deleted', resourceType: 'tenant', resource: tenant.domain, changes } as const;
      await this.audit.record(manager, id, actor, [deed]);
      await this.audit.record(manager, 0, actor, [forPlatform(deed, { before: id, after: null })]);
    });
  }
}

async function held(manager: EntityManager, id: number): Promise<Tenant> {
  const tenant = await loadTenantLocked(manager, id);
  if (!tenant) throw new NotFound();
  return tenant;
}

async function withUsage(manager: EntityManager, tenants: Tenant[]): Promise<TenantWithUsage[]> {
  const usage = await usageOf(
    manager,
    tenants.map(({ id }) => id),
  );
  return tenants.flatMap((tenant) => {
    const of = usage.get(tenant.id);
    return of ? [{ tenant, usage: of }] : [];
  });
}

/** Those who may have a phone, or might. Disabled with the tenant, they lose it. */
async function activeUsers(manager: EntityManager, { id, domain, status }: Tenant): Promise<Change[]> {
  const rows = await manager.find(Extension, {
    select: { extensionNumber: true },
    where: { tenantId: id, status: 'active', liveNumber: Not(IsNull()) },
  });
  const disabled = status === 'disabled';
  return rows.map(({ extensionNumber }) => ({
    tenantId: id,
    sipUser: extensionNumber,
    sipDomain: domain,
    reason: disabled ? 'disabled' : 'changed',
    dropContacts: disabled,
  }));
}

function refuseMoving({ domain }: TenantPatch, tenant: Tenant): void {
  if (domain === undefined) return;
  if (typeof domain === 'string' && domain.toLowerCase() === tenant.domain) return;
  throw new FieldInvalid({ field: 'domain', code: 'unchangeable' });
}

/** Numbers with a leading 0 would be others than they were. */
async function refuseAmongCallerIds(manager: EntityManager, tenantId: number): Promise<void> {
  if (!(await manager.existsBy(CallerId, { tenantId }))) return;
  throw new FieldInvalid({ field: 'countryCode', code: 'caller_ids_exist' });
}

async function requireRoom(manager: EntityManager, tenantId: number, most: number | null): Promise<void> {
  if (most === null) return;
  const live = await manager.countBy(Extension, { tenantId, liveNumber: Not(IsNull()) });
  if (live <= most) return;
  throw new FieldInvalid({ field: 'maxExtensions', code: 'too_small', min: live });
}
