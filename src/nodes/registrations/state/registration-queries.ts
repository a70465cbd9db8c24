import { type DataSource, In, type SelectQueryBuilder } from 'typeorm';
import { likePattern } from '../../../platform/database/like-pattern';
import { scopeFilter, type ScopedCaller } from '../../../accounts/scope/extension-scope';
import { sortedNumbers as inOrder } from '../../../accounts/scope/extension-queries';
import { Extension } from '../../../schema/extension.entity';

/** So many rows at a time hold nobody up. */
const AT_A_TIME = 5_000;

/** Which extensions are listed. */
export interface RegistrationFilter {
  /** Part of the number or the name. */
  search?: string | null;
  teamId?: number | null;
}

/** The numbers of the live extensions that the account sees and the filter asks for, in their order. */
export async function registrationNumbers(
  dataSource: DataSource,
  viewer: ScopedCaller,
  { search, teamId = null }: RegistrationFilter,
): Promise<string[]> {
  const found = live(dataSource, viewer);
  if (teamId !== null) found.andWhere('e.team_id = :teamId', { teamId });
  if (search) {
    const pattern = likePattern(search);
    found.andWhere("(e.live_number LIKE :pattern ESCAPE '!' OR e.display_name LIKE :pattern ESCAPE '!')", {
      pattern,
    });
  }
  return inOrder(found, { atATime: AT_A_TIME });
}

export interface Named {
  number: string;
  displayName: string | null;
  teamId: number | null;
}

/** Some of the live extensions that the account sees, by number. */
export async function namesOf(
  dataSource: DataSource,
  viewer: ScopedCaller,
  numbers: string[],
): Promise<Map<string, Named>> {
  if (numbers.length === 0) return new Map();
  const rows = await live(dataSource, viewer)
    .andWhere({ liveNumber: In(numbers) })
    .select('e.live_number', 'number')
    .addSelect('e.display_name', 'displayName')
    .addSelect('e.team_id', 'teamId')
    .getRawMany<Named>();
  return new Map(rows.map((row) => [row.number, row]));
}

function live(dataSource: DataSource, viewer: ScopedCaller): SelectQueryBuilder<Extension> {
  return dataSource
    .createQueryBuilder(Extension, 'e')
    .where(scopeFilter(viewer))
    .andWhere('e.live_number IS NOT NULL');
}
