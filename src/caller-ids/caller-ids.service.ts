import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { InvalidData } from '../common/errors';
import { likePattern, type ListQuery, pageOf } from '../common/page';
import { now } from '../common/time';
import { brokenUnique, Transactions } from '../database/transactions';
import { Tenant } from '../tenants/tenant.entity';
import { CallerId, type Carrier, type CliType } from './caller-id.entity';
import { canonicalNumber, PHONE_NUMBER } from './phone-number';

export interface NewCallerId {
  number: string;
  displayName: string | null;
  carrier: Carrier;
  cliType: CliType;
  /** Whether extensions without a caller ID of their own present this one from now on. */
  isDefault?: boolean;
}

@Injectable()
export class CallerIdsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
  ) {}

  /** The active caller IDs of a tenant by number, and how many there are. */
  listActive(tenantId: number, query: ListQuery): Promise<[CallerId[], number]> {
    const { skip, perPage } = pageOf(query);
    const list = this.dataSource
      .createQueryBuilder(CallerId, 'c')
      .where("c.tenant_id = :tenantId AND c.status = 'active'", { tenantId });
    if (query.search) {
      const pattern = likePattern(query.search);
      list.andWhere("(c.number LIKE :pattern ESCAPE '!' OR c.display_name LIKE :pattern ESCAPE '!')", {
        pattern,
      });
    }
    return list.orderBy('c.number').addOrderBy('c.id').skip(skip).take(perPage).getManyAndCount();
  }

  /** @throws InvalidData for a number that is none, or is taken */
  async create(tenant: { id: number; countryCode: string }, given: NewCallerId): Promise<CallerId> {
    if (!PHONE_NUMBER.test(given.number)) throw InvalidData.field('number', 'The number format is invalid.');
    const canonical = canonicalNumber(given.number, tenant.countryCode);
    const { isDefault, ...fields } = given;
    const row = {
      ...fields,
      tenantId: tenant.id,
      canonicalNumber: canonical,
      createdAt: now(),
      updatedAt: now(),
    };
    try {
      return await this.transactions.run(async (manager) => {
        const callerId = await manager.save(CallerId, manager.create(CallerId, row));
        if (isDefault) await present(manager, tenant.id, callerId.id);
        return callerId;
      });
    } catch (error) {
      if (!brokenUnique(error)) throw error;
      throw InvalidData.field('number', 'The number has already been taken.');
    }
  }

  /**
   * Extensions of the tenant without an active caller ID present this one from now on. Nodes learn of
   * it when what they keep of a user runs out (DIRECTORY_CACHE_MS).
   * @param number of an active caller ID of the tenant, however written; null: they present none
   * @throws InvalidData
   */
  setDefault(tenant: { id: number; countryCode: string }, number: string | null): Promise<CallerId | null> {
    return this.transactions.run(async (manager) => {
      const { id: tenantId, countryCode } = tenant;
      const callerId =
        number === null ? null : await findActiveCallerId(manager, { tenantId, countryCode }, number);
      if (number !== null && !callerId) throw InvalidData.field('number', 'The selected number is invalid.');
      await present(manager, tenantId, callerId?.id ?? null);
      return callerId;
    });
  }
}

async function present(manager: EntityManager, tenantId: number, id: number | null): Promise<void> {
  await manager.update(Tenant, tenantId, { defaultCallerIdId: id, updatedAt: now() });
}

/** The active caller ID that `number` is another way to write of, or null. */
export function findActiveCallerId(
  manager: EntityManager,
  tenant: { tenantId: number; countryCode: string },
  number: string,
): Promise<CallerId | null> {
  if (!PHONE_NUMBER.test(number)) return Promise.resolve(null);
  const canonical = canonicalNumber(number, tenant.countryCode);
  return manager.findOneBy(CallerId, {
    tenantId: tenant.tenantId,
    canonicalNumber: canonical,
    status: 'active',
  });
}
