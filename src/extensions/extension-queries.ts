import { type DataSource, type EntityManager } from 'typeorm';
import { NotFound } from '../common/errors';
import { likePattern, pageOf } from '../common/page';
import { type ListExtensionsQuery } from './extension-input.dto';
import { EXTENSION_NUMBER } from './extension-number';
import { Extension } from './extension.entity';

/** The live extensions of a tenant by number, and how many there are. */
export function listExtensions(
  dataSource: DataSource,
  tenantId: number,
  query: ListExtensionsQuery,
): Promise<[Extension[], number]> {
  const { skip, perPage } = pageOf(query);
  const list = dataSource
    .createQueryBuilder(Extension, 'e')
    .leftJoinAndSelect('e.team', 'team')
    .where('e.tenant_id = :tenantId AND e.live_number IS NOT NULL', { tenantId });
  if (query.status) list.andWhere('e.status = :status', { status: query.status });
  if (query.search) {
    const pattern = likePattern(query.search);
    list.andWhere("(e.live_number LIKE :pattern ESCAPE '!' OR e.display_name LIKE :pattern ESCAPE '!')", {
      pattern,
    });
  }
  return list.orderBy('e.liveNumber').offset(skip).limit(perPage).getManyAndCount();
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
