import { type DataSource, type EntityManager } from 'typeorm';
import { NotFound } from '../common/errors';
import { likePattern, pageOf } from '../common/page';
import { type ListExtensionsQuery } from './extension-input.dto';
import { EXTENSION_NUMBER } from './extension-number';
import { Extension } from './extension.entity';

/** The live extensions of a tenant by number, and how many there are. */
export async function listExtensions(
  dataSource: DataSource,
  tenantId: number,
  query: ListExtensionsQuery,
): Promise<[Extension[], number]> {
  const { skip, perPage } = pageOf(query);
  const found = dataSource
    .createQueryBuilder(Extension, 'e')
    .where('e.tenant_id = :tenantId AND e.live_number IS NOT NULL', { tenantId });
  if (query.status) found.andWhere('e.status = :status', { status: query.status });
  if (query.search) {
    const pattern = likePattern(query.search);
    found.andWhere("(e.live_number LIKE :pattern ESCAPE '!' OR e.display_name LIKE :pattern ESCAPE '!')", {
      pattern,
    });
  }
  // Counted without the teams: joined, TypeORM counts distinct ids, at several times the price.
  const counted = found.clone().select('COUNT(*)', 'total').getRawOne<{ total: number | string }>();
  const page = found
    .leftJoinAndSelect('e.team', 'team')
    .orderBy('e.live_number')
    .offset(skip)
    .limit(perPage)
    .getMany();
  const [extensions, count] = await Promise.all([page, counted]);
  return [extensions, Number(count?.total)];
}

/** @throws NotFound also for a path that is no number, which no query then sees */
export async function findExtension(
  manager: EntityManager,
  tenantId: number,
  number: string,
): Promise<Extension> {
  if (!EXTENSION_NUMBER.test(number)) throw new NotFound();
  const extension = await manager.findOne(Extension, {
    where: { tenantId, liveNumber: number },
    relations: { team: true },
  });
  if (!extension) throw new NotFound();
  return extension;
}

/** @throws NotFound unless the tenant has, or had, an extension of that number */
export async function requireNumberOnceUsed(
  manager: EntityManager,
  tenantId: number,
  number: string,
): Promise<void> {
  const used =
    EXTENSION_NUMBER.test(number) &&
    (await manager.existsBy(Extension, { tenantId, extensionNumber: number }));
  if (!used) throw new NotFound();
}
