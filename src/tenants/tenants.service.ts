import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { InvalidData } from '../common/errors';
import { now } from '../common/time';
import { brokenUnique, Transactions } from '../database/transactions';
import { isSipDomain } from './sip-domain';
import { Tenant } from './tenant.entity';

@Injectable()
export class TenantsService {
  constructor(private readonly transactions: Transactions) {}

  /** @throws InvalidData for a domain that cannot be one, or is taken */
  async create(given: { name: string; domain: string; maxExtensions: number | null }): Promise<Tenant> {
    const domain = given.domain.toLowerCase();
    if (!isSipDomain(domain)) {
      throw InvalidData.field('domain', 'The domain must be a host name that begins with a letter.');
    }
    const tenant = { ...given, domain, createdAt: now(), updatedAt: now() };
    try {
      return await this.transactions.run((manager) => manager.save(Tenant, manager.create(Tenant, tenant)));
    } catch (error) {
      if (!brokenUnique(error)) throw error;
      throw InvalidData.field('domain', 'The domain has already been taken.');
    }
  }
}

/**
 * The tenant's row, held until the transaction ends, so that what is counted against its limits stays
 * true. The embedded database runs one transaction at a time and needs no lock.
 */
export function lockTenant(manager: EntityManager, tenantId: number): Promise<Tenant> {
  const embedded = manager.connection.options.type === 'better-sqlite3';
  return manager.findOneOrFail(Tenant, {
    where: { id: tenantId },
    ...(!embedded && { lock: { mode: 'pessimistic_write' as const } }),
  });
}
