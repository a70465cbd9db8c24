import {
  type DataSource,
  type EntityManager,
  In,
  IsNull,
  type OrderByCondition,
  type SelectQueryBuilder,
} from 'typeorm';
import { NotFound } from '../../core/errors';
import { type RowRange } from '../../core/page';
import { likePattern } from '../../platform/database/like-pattern';
import { Revocation } from '../../schema/revocation.entity';
import { byNumber, EXTENSION_NUMBER } from '../../core/extension-number';
import { type ExtensionCounts, type Extent } from './extension-counts';
import { scopeFilter, canSee, type ScopedCaller } from './extension-scope';
import { Extension, type ExtensionStatus } from '../../schema/extension.entity';
import { type NumberRange, TAKEN_PER_PAGE } from '../../core/free-numbers';

/** As byNumber has it, on every database. */
const BY_NUMBER: OrderByCondition = { 'CAST(e.live_number AS DECIMAL(10))': 'ASC', 'e.live_number': 'ASC' };

/** Which extensions are wanted: live ones unless `deleted`; null is no restriction. */
export interface ExtensionFilter {
  status?: ExtensionStatus | 'deleted' | null | undefined;
  /** Part of a number or a name. */
  search?: string | null | undefined;
}

/** Of so many that were found at most, the ids are read at once, which counts them too. */
const FOUND_AT_ONCE = 1_000;

type Found = SelectQueryBuilder<Extension>;

/**
 * The live extensions that the account sees, by number, or the deleted ones, the last deleted first; and how
 * many there are.
 */
export async function listExtensions(
  dataSource: DataSource,
  counts: ExtensionCounts,
  viewer: ScopedCaller,
  query: ExtensionFilter & RowRange,
): Promise<[Extension[], number]> {
  const found = filtered(dataSource, viewer, query);
  if (query.status === 'deleted') {
    const order: OrderByCondition = { 'e.deleted_at': 'DESC', 'e.id': 'DESC' };
    return Promise.all([pageIn(found, order, query), countOf(found)]);
  }
  const all = filtered(dataSource, viewer, {});
  const { total, sameLength } = await counts.of(viewer, () => extentOf(all));
  // As texts they are in the order of an index, so that only what is before and on the page is read.
  const order: OrderByCondition = sameLength ? { 'e.live_number': 'ASC' } : BY_NUMBER;
  if (!query.status && !query.search) return [await pageIn(found, order, query), total];
  const { skip, take } = query;
  if (skip + take <= FOUND_AT_ONCE) {
    const ids = await idsIn(found, order, { skip: 0, take: FOUND_AT_ONCE });
    if (ids.length < FOUND_AT_ONCE)
      return [await extensionsWith(found, ids.slice(skip, skip + take)), ids.length];
  }
  return Promise.all([pageIn(found, order, query), countOf(found)]);
}

/** In two steps: what is sorted and skipped are ids, out of an index alone; the rows are read of one page. */
async function pageIn(found: Found, order: OrderByCondition, rows: RowRange): Promise<Extension[]> {
  return extensionsWith(found, await idsIn(found, order, rows));
}

async function idsIn(found: Found, order: OrderByCondition, { skip, take }: RowRange): Promise<number[]> {
  const ids = found.clone().select('e.id', 'id').orderBy(order).offset(skip).limit(take);
  return (await ids.getRawMany<{ id: number }>()).map(({ id }) => id);
}

/** Those of these ids that are still to be found, in this order, with their teams. */
async function extensionsWith(found: Found, ids: readonly number[]): Promise<Extension[]> {
  if (ids.length === 0) return [];
  const these = found.clone().leftJoinAndSelect('e.team', 'team');
  const rows = await these.andWhere({ id: In([...ids]) }).getMany();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Without the teams: joined, TypeORM counts distinct ids, at several times the price. */
async function countOf(found: Found): Promise<number> {
  const counted = await found.clone().select('COUNT(*)', 'total').getRawOne<{ total: number | string }>();
  return Number(counted?.total);
}

async function extentOf(found: Found): Promise<Extent> {
  const row = await found
    .clone()
    .select('COUNT(*)', 'total')
    .addSelect('MIN(LENGTH(e.live_number))', 'shortest')
    .addSelect('MAX(LENGTH(e.live_number))', 'longest')
    .getRawOne<Record<'total' | 'shortest' | 'longest', number | string | null>>();
  return { total: Number(row?.total), sameLength: row?.shortest === row?.longest };
}

/** The numbers of the live extensions that the account sees, in their order; read in steps. */
export async function sortedNumbers(
  found: SelectQueryBuilder<Extension>,
  { atATime }: { atATime: number },
): Promise<string[]> {
  const next = found.clone().select('e.live_number', 'number').andWhere('e.live_number > :last');
  next.orderBy('e.live_number').limit(atATime);
  const numbers: string[] = [];
  for (;;) {
    const rows = await next.setParameter('last', numbers.at(-1) ?? '').getRawMany<{ number: string }>();
    for (const { number } of rows) numbers.push(number);
    if (rows.length < atATime) return numbers.sort(byNumber);
  }
}

/** Those of these live extensions that the account still sees, and the query still asks for, in the order of numbers. */
export async function extensionsOf(
  found: SelectQueryBuilder<Extension>,
  numbers: readonly string[],
): Promise<Extension[]> {
  const extensions = await found
    .clone()
    .andWhere({ liveNumber: In([...numbers]) })
    .getMany();
  return extensions.sort((one, other) => byNumber(one.extensionNumber, other.extensionNumber));
}

/** The extensions that the account sees and a query asks for, live ones unless it asks for deleted ones. */
export function filtered(
  dataSource: DataSource,
  viewer: ScopedCaller,
  { status, search }: ExtensionFilter,
): SelectQueryBuilder<Extension> {
  const deleted = status === 'deleted';
  const found = dataSource
    .createQueryBuilder(Extension, 'e')
    .where(scopeFilter(viewer))
    .andWhere(deleted ? 'e.live_number IS NULL' : 'e.live_number IS NOT NULL');
  if (status && !deleted) found.andWhere('e.status = :status', { status });
  if (search) {
    const number = deleted ? 'e.extension_number' : 'e.live_number';
    found.andWhere(`(${number} LIKE :pattern ESCAPE '!' OR e.display_name LIKE :pattern ESCAPE '!')`, {
      pattern: likePattern(search),
    });
  }
  return found;
}

/** @throws NotFound also for a path that is no number, which no query then sees */
export async function findExtension(
  manager: EntityManager,
  viewer: ScopedCaller,
  number: string,
): Promise<Extension> {
  if (!EXTENSION_NUMBER.test(number)) throw new NotFound();
  const extension = await manager.findOne(Extension, {
    where: { ...scopeFilter(viewer), liveNumber: number },
    relations: { team: true },
  });
  if (!extension) throw new NotFound();
  return extension;
}

/**
 * A page of the tenant's live numbers within the range, in order.
 * @param range of numbers of one length
 */
export async function takenNumbers(
  manager: EntityManager,
  tenantId: number,
  { from, to }: NumberRange,
): Promise<string[]> {
  const rows = await manager
    .createQueryBuilder(Extension, 'e')
    .select('e.live_number', 'number')
    .where('e.tenant_id = :tenantId AND e.live_number BETWEEN :from AND :to', { tenantId, from, to })
    // As texts, 10000 lies between 1000 and 1001.
    .andWhere('LENGTH(e.live_number) = :length', { length: from.length })
    .orderBy('e.live_number')
    .limit(TAKEN_PER_PAGE)
    .getRawMany<{ number: string }>();
  return rows.map(({ number }) => number);
}

/**
 * The live extension of a number, or the one that was deleted last; null when there is none, or the account
 * does not see it: an older one's number was somebody else's since.
 */
export async function liveOrDeleted(
  manager: EntityManager,
  viewer: ScopedCaller,
  number: string,
): Promise<Extension | null> {
  if (!EXTENSION_NUMBER.test(number)) return null;
  const { tenantId } = viewer;
  const relations = { tenant: true };
  const live = await manager.findOne(Extension, { where: { tenantId, liveNumber: number }, relations });
  const deleted = { tenantId, extensionNumber: number, liveNumber: IsNull() };
  const last =
    live ?? (await manager.findOne(Extension, { where: deleted, relations, order: { id: 'DESC' } }));
  return last && canSee(viewer, last) ? last : null;
}

/**
 * What became of a number outlives its extension: when that is purged, its receipts tell of it, and who sees
 * the whole tenant may read them.
 * @returns since when what became of the number concerns the account; null: ever
 * @throws NotFound unless the account sees, or saw, an extension of that number
 */
export async function requireNumberOnceUsed(
  manager: EntityManager,
  viewer: ScopedCaller,
  number: string,
): Promise<Date | null> {
  // Before any query: to MariaDB a number with a space behind it is the same.
  if (!EXTENSION_NUMBER.test(number)) throw new NotFound();
  const { tenantId, scope } = viewer;
  const extension = await liveOrDeleted(manager, viewer, number);
  if (extension) return scope.kind === 'all' ? null : extension.liveSince;
  const told = scope.kind === 'all' && (await manager.existsBy(Revocation, { tenantId, sipUser: number }));
  if (!told) throw new NotFound();
  return null;
}
