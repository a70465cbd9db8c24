import { type DataSource, In, type SelectQueryBuilder } from 'typeorm';
import { likePattern } from '../common/page';
import { Extension } from '../extensions/extension.entity';
import { type ListRegistrationsQuery } from './registrations.dto';

/** So many rows at a time hold nobody up. */
const AT_A_TIME = 5_000;

/** The numbers of a tenant's live extensions that the query asks for, in their order; its `status` is not looked at. */
export async function numbersOf(
  dataSource: DataSource,
  tenantId: number,
  query: Pick<ListRegistrationsQuery, 'search' | 'team_id'>,
): Promise<string[]> {
  const found = live(dataSource, tenantId).select('e.live_number', 'number');
  if (query.team_id) found.andWhere('e.team_id = :team', { team: Number(query.team_id) });
  if (query.search) {
    const pattern = likePattern(query.search);
    found.andWhere("(e.live_number LIKE :pattern ESCAPE '!' OR e.display_name LIKE :pattern ESCAPE '!')", {
      pattern,
    });
  }
  const next = found.andWhere('e.live_number > :last').orderBy('e.live_number').limit(AT_A_TIME);
  const numbers: string[] = [];
  for (;;) {
    const rows = await next.setParameter('last', numbers.at(-1) ?? '').getRawMany<{ number: string }>();
    for (const { number } of rows) numbers.push(number);
    if (rows.length < AT_A_TIME) return numbers;
  }
}

export interface Named {
  number: string;
  displayName: string | null;
  teamId: number | null;
}

/** Some of a tenant's live extensions, by number. */
export async function namesOf(
  dataSource: DataSource,
  tenantId: number,
  numbers: string[],
): Promise<Map<string, Named>> {
  if (numbers.length === 0) return new Map();
  const rows = await live(dataSource, tenantId)
    .andWhere({ liveNumber: In(numbers) })
    .select('e.live_number', 'number')
    .addSelect('e.display_name', 'displayName')
    .addSelect('e.team_id', 'teamId')
    .getRawMany<Named>();
  return new Map(rows.map((row) => [row.number, row]));
}

function live(dataSource: DataSource, tenantId: number): SelectQueryBuilder<Extension> {
  return dataSource
    .createQueryBuilder(Extension, 'e')
    .where('e.tenant_id = :tenantId AND e.live_number IS NOT NULL', { tenantId });
}
