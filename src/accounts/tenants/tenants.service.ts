import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type Actor } from '../../core/actor';
import { AuditService, type AuditEvent } from '../../events/audit/audit.service';
import { type Changes, changesBetween } from '../../events/audit/changes';
import { FieldInvalid, Unauthenticated } from '../../core/errors';
import { now } from '../../core/time';
import { rowLock } from '../../platform/database/row-lock';
import { rejectDuplicate } from '../../platform/database/unique-violation';
import { Transactions } from '../../platform/database/transactions';
import { isSipDomain } from './sip-domain';
import { Tenant } from '../../schema/tenant.entity';
import { type Usage } from './usage';

export interface NewTenant {
  name: string;
  domain: string;
  maxExtensions: number | null;
  /** 10 unless given. */
  maxDevices?: number;
  /** 400 unless given. */
  maxLegs?: number;
  /** 84 unless told otherwise. */
  countryCode?: string;
  /** As Tenant has them; absent: its country's. */
  emergencyNumbers?: string | null;
  /** True unless told otherwise. */
  refuseWeakPasswords?: boolean;
}

export interface TenantWithUsage {
  tenant: Tenant;
  usage: Usage;
}

@Injectable()
export class TenantsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly audit: AuditService,
  ) {}

  /** @throws FieldInvalid for a domain that cannot be one, or is taken */
  async create(given: NewTenant, actor: Actor): Promise<Tenant> {
    const domain = given.domain.toLowerCase();
    if (!isSipDomain(domain)) throw new FieldInvalid({ field: 'domain', code: 'not_a_host_name' });
    const { emergencyNumbers = null } = given;
    const tenant = { ...given, emergencyNumbers, domain, createdAt: now(), updatedAt: now() };
    return rejectDuplicate('domain', () =>
      this.transactions.run(async (manager) => {
        const saved = await manager.save(Tenant, manager.create(Tenant, tenant));
        const changes = changesBetween(null, tenantFields(saved));
        const deed = { action: 'created', resourceType: 'tenant', resource: domain, changes } as const;
        await this.audit.record(manager, saved.id, actor, [deed]);
        await this.audit.record(manager, 0, actor, [forPlatform(deed, { before: null, after: saved.id })]);
        return saved;
      }),
    );
  }
}

/** A deed as it stands in the platform's chain: by the id there, a tenant's whole chain is missed (verify.ts). */
export function forPlatform(deed: AuditEvent, id: Changes[string]): AuditEvent {
  return { ...deed, changes: { id, ...deed.changes } };
}

/** What is told of a tenant in the audit. */
export function tenantFields(tenant: Tenant): Record<string, unknown> {
  return {
    name: tenant.name,
    domain: tenant.domain,
    status: tenant.status,
    max_extensions: tenant.maxExtensions,
    max_devices: tenant.maxDevices,
    max_legs: tenant.maxLegs,
    country_code: tenant.countryCode,
    emergency_numbers: tenant.emergencyNumbers,
    refuse_weak_passwords: tenant.refuseWeakPasswords,
  };
}

/**
 * The tenant's row, held until the transaction ends, so that what is counted against its limits stays
 * true; null when it is gone. Who holds more than that takes the tenant first, then a user, then the audit's
 * chain. The embedded database runs one transaction at a time and needs no lock.
 */
export function loadTenantLocked(manager: EntityManager, tenantId: number): Promise<Tenant | null> {
  return manager.findOne(Tenant, { where: { id: tenantId }, ...rowLock(manager) });
}

/**
 * The same of the tenant whose token asks.
 * @throws Unauthenticated when it is gone, and every token with it
 */
export async function lockTenant(manager: EntityManager, tenantId: number): Promise<Tenant> {
  const tenant = await loadTenantLocked(manager, tenantId);
  if (!tenant) throw new Unauthenticated();
  return tenant;
}
